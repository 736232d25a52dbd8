// Exercise: batch norm, forward (chapter 7).
//
// Equations: include/minitape/ops/batch_norm.hpp. x is (N, C) or (N, H, W, C) and read as a matrix
// [m, C]: element i lies in column i % x.channels(), and m = x.rows(). All that is a statistic, or
// belongs to a channel, is a tensor [C].
//
// sum_of_rows, for_each_element and map (src/ops/loops.hpp) do the loops for you, if you like.

BatchStatistics batch_statistics(const Tensor& x) {
  // mean = Σ x / m
  // variance = Σ (x − mean)² / m
  not_done("batch_statistics");
}

Tensor inverse_std(const Tensor& variance, Real epsilon) {
  // 1 / √(variance + ε), and NaN where the variance is infinite
  not_done("inverse_std");
}

Tensor normalize(const Tensor& x, const Tensor& mean, const Tensor& scale, const Tensor& beta) {
  // y = (x − mean)·scale + beta with scale = gamma·inv_std
  not_done("normalize");
}
