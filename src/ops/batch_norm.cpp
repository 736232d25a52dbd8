// Equations and storage layout: minitape/ops/batch_norm.hpp
#include "minitape/ops/batch_norm.hpp"

#include <cmath>
#include <limits>

#include "ops/kernels.hpp"
#include "ops/loops.hpp"

namespace minitape {

BatchStatistics batch_statistics(const Tensor& x) {
  if (auto statistics = kernels::batch_statistics(x)) return *std::move(statistics);
  const Index channels = x.channels();
  const auto m = static_cast<double>(x.rows());
  // mean = Σ x / m, from differences to row 0: a constant column has exactly its value as mean.
  const auto difference = [&](Index i, Index c) { return static_cast<double>(x[i] - x[c]); };
  std::vector<double> mean = sum_of_rows(x.rows(), channels, difference);  // [C]
  for (std::size_t c = 0; c < mean.size(); ++c) mean[c] = mean[c] / m + double{x.data()[c]};
  // variance = Σ (x − mean)² / m
  std::vector<double> variance = sum_of_rows(x.rows(), channels, [&](Index i, Index c) {
    const double deviation = static_cast<double>(x[i]) - mean[static_cast<std::size_t>(c)];
    return deviation * deviation;
  });  // [C]
  for (double& value : variance) value /= m;
  return {channel_tensor(mean), channel_tensor(variance)};
}

Tensor inverse_std(const Tensor& variance, Real epsilon) {
  return map(variance, [=](Real v) {
    return std::isinf(v) ? std::numeric_limits<Real>::quiet_NaN() : 1 / std::sqrt(v + epsilon);
  });
}

namespace {

void check_shapes(const Tensor& x, const Tensor& gamma, const Tensor& beta) {
  const Shape channels{x.channels()};
  MINITAPE_CHECK(x.shape().rank() >= 2,
                 "[batch_norm] the input must be (N, C) or (N, H, W, C): x is ", x.shape());
  MINITAPE_CHECK(gamma.shape() == channels && beta.shape() == channels,
                 "[batch_norm] gamma and beta must have one value per channel, ", channels,
                 ": x is ", x.shape(), ", gamma is ", gamma.shape(), ", beta is ", beta.shape());
}

Tensor product_of(const Tensor& a, const Tensor& b) {
  return zip(a, b, [](Real u, Real v) { return u * v; });
}

// y = (x − mean)·scale + beta with scale = gamma·inv_std: x is [m, C], the others are [C].
// Subtracting first keeps all digits of x where the mean is large.
Tensor normalize(const Tensor& x, const Tensor& mean, const Tensor& scale, const Tensor& beta) {
  Tensor y = Tensor::uninitialized(x.shape());
  for_each_element(x.rows(), x.channels(),
                   [&](Index i, Index c) { y[i] = (x[i] - mean[c]) * scale[c] + beta[c]; });
  return y;
}

// dgamma = Σ dy·x_hat and dbeta = Σ dy, for dy and x [m, C].
AffineGradients affine_gradients(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                 const Tensor& inv_std) {
  if (auto sums = kernels::affine_gradients(dy, x, mean, inv_std)) return *std::move(sums);
  const auto dy_times_x_hat = [&](Index i, Index c) {
    return static_cast<double>(dy[i]) * static_cast<double>((x[i] - mean[c]) * inv_std[c]);
  };
  return {channel_tensor(sum_of_rows(x.rows(), x.channels(), dy_times_x_hat)), column_sums(dy)};
}

// dx = scale·(dy − dbeta/m − x_hat·dgamma/m), in place of dy [m, C].
Tensor input_gradient(Tensor dy, const Tensor& x, const Tensor& mean, const Tensor& inv_std,
                      const Tensor& scale, const AffineGradients& sums) {
  const auto m = static_cast<Real>(x.rows());
  const Tensor shift = map(sums.dbeta, [=](Real sum) { return sum / m; });  // dbeta/m
  const Tensor slope =                                                      // inv_std·dgamma/m
      product_of(inv_std, map(sums.dgamma, [=](Real sum) { return sum / m; }));
  for_each_element(x.rows(), x.channels(), [&](Index i, Index c) {
    dy[i] = scale[c] * (dy[i] - shift[c] - (x[i] - mean[c]) * slope[c]);
  });
  return dy;
}

}  // namespace

BatchNormResult batch_norm_training(Var x, Var gamma, Var beta, Real epsilon) {
  check_shapes(x.value(), gamma.value(), beta.value());
  MINITAPE_CHECK(x.value().rows() > 1,
                 "[batch_norm] training needs more than one value per channel: x is ", x.shape(),
                 ". With one value, x - mean is 0, every output is beta and every "
                 "gradient is 0: use a larger batch");
  BatchStatistics batch = batch_statistics(x.value());
  const Tensor inv_std = inverse_std(batch.variance, epsilon);
  const Tensor scale = product_of(gamma.value(), inv_std);
  Tensor y = normalize(x.value(), batch.mean, scale, beta.value());

  const auto backward = [=, mean = batch.mean](const Tensor&, Tensor dy) {
    AffineGradients sums = affine_gradients(dy, x.value(), mean, inv_std);
    if (x.needs_gradient()) {
      x.add_gradient(input_gradient(std::move(dy), x.value(), mean, inv_std, scale, sums));
    }
    gamma.add_gradient(std::move(sums.dgamma));
    beta.add_gradient(std::move(sums.dbeta));
  };
  return {x.tape().record("batch_norm", {x, gamma, beta}, std::move(y), backward),
          std::move(batch)};
}

Tensor batch_norm_inference(const Tensor& x, const Tensor& gamma, const Tensor& beta,
                            const BatchStatistics& statistics, Real epsilon) {
  check_shapes(x, gamma, beta);
  MINITAPE_CHECK(
      statistics.mean.shape() == gamma.shape() && statistics.variance.shape() == gamma.shape(),
      "[batch_norm] the statistics must have one value per channel, ", gamma.shape(), ": mean is ",
      statistics.mean.shape(), ", variance is ", statistics.variance.shape());
  const Tensor scale = product_of(gamma, inverse_std(statistics.variance, epsilon));
  return normalize(x, statistics.mean, scale, beta);
}

Var batch_norm_inference(Var x, Var gamma, Var beta, const BatchStatistics& statistics,
                         Real epsilon) {
  Tensor y = batch_norm_inference(x.value(), gamma.value(), beta.value(), statistics, epsilon);
  const auto backward = [=](const Tensor&, Tensor dy) {
    const Tensor inv_std = inverse_std(statistics.variance, epsilon);
    AffineGradients sums = affine_gradients(dy, x.value(), statistics.mean, inv_std);
    gamma.add_gradient(std::move(sums.dgamma));
    beta.add_gradient(std::move(sums.dbeta));
    // The statistics are constants: dx = gamma·inv_std·dy.
    const Tensor scale = product_of(gamma.value(), inv_std);
    for_each_element(dy.rows(), dy.channels(), [&](Index i, Index c) { dy[i] *= scale[c]; });
    x.add_gradient(std::move(dy));
  };
  return x.tape().record("batch_norm_inference", {x, gamma, beta}, std::move(y), backward);
}

}  // namespace minitape
