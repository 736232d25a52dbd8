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
// Adding a constant to a column of x does not change y, and stretching the column only through ε.
// So dx has (almost) no part along these two directions: the two extra terms remove it from dy.
//
// The variance is taken in a second pass, from the deviations: E[x²] − E[x]² would lose all digits
// where the mean is large.
//
// In inference the statistics are given numbers, so dx = gamma·inv_std·dy: another operation.
#pragma once

#include "minitape/autodiff/tape.hpp"

namespace minitape {

/// Mean and biased variance of every column of a matrix [m, C]: both [C].
struct BatchStatistics {
  Tensor mean, variance;
};
BatchStatistics batch_statistics(const Tensor& x);

/// 1 / √(variance + ε) -> [C]: the one place that says where ε goes. NaN for an infinite variance,
/// which would give 0 and hide behind finite outputs that training has diverged.
Tensor inverse_std(const Tensor& variance, Real epsilon);

struct BatchNormResult {  // of batch_norm_training
  Var y;                  // same shape as x
  BatchStatistics batch;  // the layer keeps its running statistics from them
};

/// Normalizes x (N, C) or (N, H, W, C) with its own statistics. gamma and beta are [C]. Throws when
/// there is only one row: x − mean would be 0, every output beta and every gradient 0.
BatchNormResult batch_norm_training(Var x, Var gamma, Var beta, Real epsilon);

/// Normalizes with given statistics. The first form is for prediction, the second can be trained
/// through, with the statistics frozen.
Tensor batch_norm_inference(const Tensor& x, const Tensor& gamma, const Tensor& beta,
                            const BatchStatistics& statistics, Real epsilon);
Var batch_norm_inference(Var x, Var gamma, Var beta, const BatchStatistics& statistics,
                         Real epsilon);

/// The gradients of gamma and beta, [C] each.
struct AffineGradients {
  Tensor dgamma, dbeta;
};

}  // namespace minitape
