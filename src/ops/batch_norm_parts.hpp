// What batch_norm and batch_norm_relu share. Private to them.
#pragma once

#include "minitape/ops/batch_norm.hpp"
#include "ops/rows.hpp"

namespace minitape {

void check_batch_norm_shapes(const Tensor& x, const Tensor& gamma, const Tensor& beta);
/// Throws when x has fewer than two rows.
void check_batch_rows(const Tensor& x);

/// 1 / √(variance + ε): the one place that says where ε goes.
Tensor inverse_deviation(const Tensor& variance, Real epsilon);

/// gamma·inv_std: what a channel is multiplied with, forward and backward.
Tensor channel_scale(const Tensor& gamma, Tensor inv_std);

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

}  // namespace minitape
