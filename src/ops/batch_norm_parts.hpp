// What batch norm shares with the operations of fused.hpp that it is a part of. Private to the
// operations.
#pragma once

#include <array>

#include "minitape/ops/batch_norm.hpp"
#include "ops/rows.hpp"

namespace minitape {

// ---- Forward ----

/// How a batch is normalized in training. Throws when the shapes do not fit or x has only one row.
struct BatchNormalization {
  Moments batch;
  ChannelNorm norm;
};
BatchNormalization normalization_of(const Tensor& x, const Tensor& gamma, const Tensor& beta,
                                    Real epsilon);

/// (x − mean)·scale + beta, for one number or a vector of them. All operations use this expression, so
/// that compilers round it alike in all of them. Subtracting first keeps all digits of x where the
/// mean is large.
template <class V>
V normalized(const V& x, const V& mean, const V& scale, const V& beta) {
  return (x - mean) * scale + beta;
}
/// The same for all of x.
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
  /// What batch norm gives.
  template <class V>
  V u(Index i, Index c) const {
    return normalized(load<V>(x + i), load<V>(mean + c), load<V>(scale + c), load<V>(beta + c));
  }
};

/// Calls body(offset) for the offset of each row of a [rows, C] matrix, chunk by chunk.
template <class Body>
void for_each_row(Index rows, Index channels, Body body) {
  parallel_for(rows, row_grain(channels), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) body(r * channels);
  });
}

// ---- Backward ----

/// dgamma = Σ du·x_hat and dbeta = Σ du, [C] each, from Σ du·(x − mean) and Σ du.
struct AffineGradients {
  Tensor dgamma, dbeta;
};
AffineGradients affine_gradients(std::array<Tensor, 2> sums, const ChannelNorm& norm);

/// Of dx = scale·(du − shift − (x − mean)·slope) with m rows: two numbers per channel, [C] each.
struct InputGradientTerms {
  Tensor shift, slope;  // dbeta/m, inv_std·dgamma/m
};
InputGradientTerms input_gradient_terms(const AffineGradients& sums, const ChannelNorm& norm,
                                        Index m);

}  // namespace minitape
