// What batch_norm, batch_norm_relu and batch_norm_relu_max_pool share. Private to them.
#pragma once

#include "minitape/ops/batch_norm.hpp"
#include "ops/rows.hpp"

namespace minitape {

void check_batch_norm_shapes(const Tensor& x, const Tensor& gamma, const Tensor& beta);
/// Throws when x has fewer than two rows.
void check_batch_rows(const Tensor& x);

/// Of dx = scale·(dy − shift − (x − mean)·slope) with m rows: two numbers per channel, [C] each.
struct InputGradientTerms {
  Tensor shift, slope;  // dbeta/m, inv_std·dgamma/m
};
InputGradientTerms input_gradient_terms(const Tensor& inv_std, const Tensor& dgamma,
                                        const Tensor& dbeta, Index m);

/// Calls body(offset) for the offset of each row of a [rows, C] matrix, chunk by chunk.
template <class Body>
void for_each_row(Index rows, Index channels, Body body) {
  parallel_for(rows, row_grain(channels), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) body(r * channels);
  });
}

/// (x − mean)·scale + beta.
Tensor normalized(Tensor x, const ChannelNorm& norm);

/// Plain pointers to x and to what ChannelNorm holds, which loops keep in registers.
struct Normalization {
  const Real *x, *mean, *scale, *beta;

  Normalization(const Tensor& values, const ChannelNorm& norm)
      : x(values.data()),
        mean(norm.mean.data()),
        scale(norm.scale.data()),
        beta(norm.beta.data()) {}

  /// x − mean for one number or a vector of them: i is the offset in x, c its channel.
  template <class V>
  V centred(Index i, Index c) const {
    return load<V>(x + i) - load<V>(mean + c);
  }
  /// What batch norm gives: (x − mean)·scale + beta.
  template <class V>
  V u(Index i, Index c) const {
    return centred<V>(i, c) * load<V>(scale + c) + load<V>(beta + c);
  }
};

}  // namespace minitape
