// Batch norm over other index sets.
//
// ops/batch_norm.hpp normalizes the columns of a matrix. Which numbers share a column is a question
// of how x is laid out, so the same function normalizes over other sets, once the axes of x have
// changed places. For x (N, H, W, C), or (N, C) with H = W = 1:
//
//   batch norm        a set for each channel                  over N, H, W           [N·H·W, C]
//   ghost batches     a set for each of K parts of the batch  over N/K, H, W         [N/K·H·W, K·C]
//                     and each channel
//   group norm        a set for each image and each of G      over H, W, C/G         [H·W·C/G, G·N]
//                     groups of neighbouring channels
//     G = 1           layer norm                              over H, W, C
//     G = C           instance norm                           over H, W
//
// gamma and beta belong to the channels, whatever the sets are:
//
//   y = gamma·x_hat + beta        x_hat = swap back(batch_norm(swap(x), gamma = 1, beta = 0))
//
// Every swap copies x, so this is slower than an operation of its own would be. But it needs no
// backward pass of its own: it is composed of operations that have one.
//
// (E. Hoffer, I. Hubara, D. Soudry, "Train longer, generalize better", 2017: ghost batches. Y. Wu,
// K. He, "Group Normalization", 2018. J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer Normalization",
// 2016. D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance Normalization", 2016.)
#pragma once

#include "minitape/ops/batch_norm.hpp"

namespace minitape {

/// x read as [outer, a, b, inner] -> [outer, b, a, inner], under the given shape.
Var swap_axes(Var x, Index a, Index b, Index inner, const Shape& shape);

/// Splits the batch, in order, into `parts` of equal size and normalizes each with its own
/// statistics. Returns the means of these statistics over the parts. One part is batch norm itself,
/// bit for bit. Throws when the batch cannot be split so.
BatchNormResult ghost_batch_norm(Var x, Var gamma, Var beta, Real epsilon, Index parts);

/// Normalizes every image by itself, in `groups` of neighbouring channels. Throws when the channels
/// cannot be split so, or a group has a single value.
Var group_norm(Var x, Var gamma, Var beta, Real epsilon, Index groups);

}  // namespace minitape
