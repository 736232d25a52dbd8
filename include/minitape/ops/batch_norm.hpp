// Batch normalization (S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network
// Training by Reducing Internal Covariate Shift", 2015).
//
// The input is read as a matrix [m, C]: after a dense layer m is the batch size, after a
// convolution m = N·H·W. Either way every column is one channel and is normalized by itself:
//
//   mean     = Σ x / m                              variance = Σ (x − mean)² / m     (biased)
//   inv_std  = 1 / √(variance + ε)                  x_hat    = (x − mean)·inv_std
//   y        = gamma·x_hat + beta
//
// Backward. With dy given, the mean and the variance depend on every x of the column, which gives
// two more terms than a plain scaling has:
//
//   dbeta  = Σ dy
//   dgamma = Σ dy·x_hat
//   dx     = gamma·inv_std·(dy − dbeta/m − x_hat·dgamma/m)
//
// Shifting a column of x or stretching it does not change y. So no gradient may point in these two
// directions, and the two extra terms remove them from dy. ε is part of inv_std, forward and
// backward; no other term holds it.
//
// The mean and the variance are taken chunk by chunk in two passes, and the chunks are merged in
// order (T. Chan, G. Golub, R. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing
// Sample Variances", 1979). E[x²] − E[x]² would lose all digits where the mean is large.
//
// In inference the statistics are given numbers, so dx = gamma·inv_std·dy: another operation.
#pragma once

#include "minitape/autodiff/tape.hpp"

namespace minitape {

/// Mean and biased variance of every column of x [m, C]: both [C].
struct Moments {
  Tensor mean, variance;
};
Moments moments(const Tensor& x);

/// What batch norm does to each channel once mean and variance are known:
/// y = (x − mean)·scale + beta. [C] each. Throws when the four it is made from differ in shape.
struct ChannelNorm {
  Tensor mean, inv_std, scale, beta;  // scale = gamma·inv_std

  ChannelNorm(const Moments& statistics, const Tensor& gamma, const Tensor& betas, Real epsilon);
};

struct BatchNormResult {
  Var y;          // same shape as x, unless a pool follows
  Moments batch;  // of this batch; the layer keeps its running statistics from them
};

/// Normalizes with the statistics of x itself. gamma and beta are [C]. Throws when there is only
/// one row: x − mean would be 0, every output beta and every gradient 0.
BatchNormResult batch_norm_training(Var x, Var gamma, Var beta, Real epsilon);

/// Normalizes with given statistics. The first form is for prediction, the second can be trained
/// through, with the statistics frozen.
Tensor batch_norm_inference(Tensor x, const Tensor& gamma, const Tensor& beta,
                            const Moments& statistics, Real epsilon);
Var batch_norm_inference(Var x, Var gamma, Var beta, const Moments& statistics, Real epsilon);

}  // namespace minitape
