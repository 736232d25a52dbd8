// Equations and storage layout: minitape/ops/batch_norm.hpp
#include "minitape/ops/batch_norm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/batch_norm_parts.hpp"

namespace minitape {

// ---- Statistics of a batch ----

Moments moments(const Tensor& x) {
  const Index rows = x.rows(), channels = x.channels(), grain = row_grain(channels);
  const Index chunks = chunk_count(rows, grain);
  // Mean and squared deviations M2 of every chunk, by itself. Its first row is subtracted while
  // summing up: sums stay as small as the deviations, and a constant column has exactly its value
  // as its mean.
  const auto all = static_cast<std::size_t>(chunks * channels);
  std::vector<double> chunk_mean(all), chunk_m2(all);  // [chunks, C]
  parallel_chunks(rows, grain, [&](Index chunk, Index begin, Index end) {
    double* const mean = chunk_mean.data() + chunk * channels;
    const Real *const values = x.data(), *const first = values + begin * channels;
    const auto deviation = [=]<class V>(Index i, Index c) {
      return load<V>(values + i) - load<V>(first + c);
    };
    add_rows(begin, end, channels, mean, deviation);
    Tensor centre = Tensor::uninitialized({channels});  // the mean, rounded
    for (Index c = 0; c < channels; ++c) {
      mean[c] = static_cast<double>(first[c]) + mean[c] / static_cast<double>(end - begin);
      centre[c] = static_cast<Real>(mean[c]);
    }
    const auto squared = [=, centre = centre.data()]<class V>(Index i, Index c) {
      const V d = load<V>(values + i) - load<V>(centre + c);
      return d * d;
    };
    double* const m2 = chunk_m2.data() + chunk * channels;
    add_rows(begin, end, channels, m2, squared);
    // Deviations from a centre other than the mean are too large by its distance.
    for (Index c = 0; c < channels; ++c) {
      const double distance = mean[c] - static_cast<double>(centre[c]);
      m2[c] = std::max(0.0, m2[c] - static_cast<double>(end - begin) * distance * distance);
    }
  });
  // Merge chunk b into the chunks a before it, with δ = mean_b − mean_a and n = n_a + n_b:
  //   mean = mean_a + δ·n_b/n        M2 = M2_a + M2_b + δ²·n_a·n_b/n
  Moments result{Tensor::zeros({channels}), Tensor::zeros({channels})};
  for (Index c = 0; c < channels; ++c) {
    double n = 0, mean = 0, m2 = 0;
    for (Index chunk = 0; chunk < chunks; ++chunk) {
      const auto n_b = static_cast<double>(std::min(rows, (chunk + 1) * grain) - chunk * grain);
      const auto i = static_cast<std::size_t>(chunk * channels + c);
      const double delta = chunk_mean[i] - mean, total = n + n_b;
      mean += delta * (n_b / total);  // of a single chunk exactly its own
      m2 += chunk_m2[i] + delta * delta * n * n_b / total;
      n = total;
    }
    result.mean[c] = static_cast<Real>(mean);
    result.variance[c] = static_cast<Real>(m2 / n);
  }
  return result;
}

// ---- What the moments do to a channel ----

namespace {

// 1 / √(variance + ε): the one place that says where ε goes.
Tensor inverse_deviation(const Tensor& variance, Real epsilon) {
  Tensor inv_std = variance;
  for (Real& value : inv_std.values()) value = 1 / std::sqrt(value + epsilon);
  // An infinite variance would give 0 and hide behind finite outputs that training has diverged.
  for (Index c = 0; c < variance.size(); ++c) {
    if (std::isinf(variance[c])) inv_std[c] = std::numeric_limits<Real>::quiet_NaN();
  }
  return inv_std;
}

}  // namespace

ChannelNorm::ChannelNorm(const Moments& statistics, const Tensor& gamma, const Tensor& betas,
                         Real epsilon)
    : mean(statistics.mean),
      inv_std(inverse_deviation(statistics.variance, epsilon)),
      scale(inv_std),
      beta(betas) {
  const Shape& channels = gamma.shape();
  MINITAPE_CHECK(mean.shape() == channels && inv_std.shape() == channels && channels.rank() == 1,
                 "[batch_norm] the statistics must have one value per channel, ", channels,
                 ": mean is ", mean.shape(), ", variance is ", inv_std.shape());
  MINITAPE_CHECK(beta.shape() == channels, "[batch_norm] gamma and beta must have one value per ",
                 "channel: gamma is ", channels, ", beta is ", beta.shape());
  for (Index c = 0; c < gamma.size(); ++c) scale[c] *= gamma[c];
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

}  // namespace

BatchNormalization normalization_of(const Tensor& x, const Tensor& gamma, const Tensor& beta,
                                    Real epsilon) {
  check_shapes(x, gamma, beta);
  MINITAPE_CHECK(x.rows() > 1, "[batch_norm] training needs more than one value per channel: x is ",
                 x.shape(),
                 ". With one value, x - mean is 0, every output is beta and every "
                 "gradient is 0: use a larger batch");
  Moments batch = moments(x);
  ChannelNorm norm(batch, gamma, beta, epsilon);
  return {std::move(batch), std::move(norm)};
}

// ---- Forward ----

namespace {

// y = (x − mean)·scale + beta; y may be x.
void normalize(const Tensor& x, const ChannelNorm& norm, Tensor& y) {
  const Index channels = x.channels();
  const Tensor &mean = norm.mean, &scale = norm.scale, &beta = norm.beta;  // [C]
  for_each_row(x.rows(), channels, [&](Index offset) {
    const Real* const from = x.data() + offset;
    Real* const to = y.data() + offset;
    for (Index c = 0; c < channels; ++c) to[c] = normalized(from[c], mean[c], scale[c], beta[c]);
  });
}

}  // namespace

Tensor normalized(Tensor x, const ChannelNorm& norm) {
  normalize(x, norm, x);
  return x;
}

// ---- Backward ----

AffineGradients affine_gradients(std::array<Tensor, 2> sums, const ChannelNorm& norm) {
  auto& [dgamma, dbeta] = sums;
  for (Index c = 0; c < dgamma.size(); ++c) dgamma[c] *= norm.inv_std[c];
  return {std::move(dgamma), std::move(dbeta)};
}

InputGradientTerms input_gradient_terms(const AffineGradients& sums, const ChannelNorm& norm,
                                        Index m) {
  const auto rows = static_cast<Real>(m);
  Tensor shift = sums.dbeta, slope = norm.inv_std;
  for (Index c = 0; c < shift.size(); ++c) {
    shift[c] /= rows;
    slope[c] *= sums.dgamma[c] / rows;
  }
  return {std::move(shift), std::move(slope)};
}

namespace {

// dgamma = Σ dy·x_hat and dbeta = Σ dy.
AffineGradients affine_gradients(const Tensor& dy, const Tensor& x, const ChannelNorm& norm) {
  const auto d = [dy = dy.data()]<class V>(Index i, Index) { return load<V>(dy + i); };
  const auto d_times_centred = [dy = dy.data(), x = x.data(), mean = norm.mean.data()]<class V>(
                                   Index i, Index c) {
    return load<V>(dy + i) * (load<V>(x + i) - load<V>(mean + c));
  };
  return affine_gradients(sums_over_rows(x.rows(), x.channels(), d_times_centred, d), norm);
}

// dx = gamma·inv_std·(dy − dbeta/m − x_hat·dgamma/m), in place of dy [m, C]. Written as
// dx = scale·(dy − shift − (x − mean)·slope), it takes four numbers per channel.
Tensor input_gradient(Tensor dy, const Tensor& x, const ChannelNorm& norm,
                      const AffineGradients& sums) {
  const Index channels = x.channels();
  const InputGradientTerms terms = input_gradient_terms(sums, norm, x.rows());
  // Not `auto [shift, slope]`, which Clang before 16 does not let a lambda capture.
  const Tensor &shift = terms.shift, &slope = terms.slope, &mean = norm.mean;  // [C]
  const Tensor& scale = norm.scale;                                            // [C]
  for_each_row(x.rows(), channels, [&](Index offset) {
    Real* const dy_row = dy.data() + offset;
    const Real* const x_row = x.data() + offset;
    for (Index c = 0; c < channels; ++c) {
      dy_row[c] = scale[c] * (dy_row[c] - shift[c] - (x_row[c] - mean[c]) * slope[c]);
    }
  });
  return dy;
}

}  // namespace

// ---- Training ----

BatchNormResult batch_norm_training(Var x, Var gamma, Var beta, Real epsilon) {
  const Tensor& input = x.value();
  const auto [batch, norm] = normalization_of(input, gamma.value(), beta.value(), epsilon);
  Tensor y = Tensor::uninitialized(input.shape());
  normalize(input, norm, y);

  const auto backward = [=, norm = norm](const Tensor&, Tensor dy) {
    AffineGradients sums = affine_gradients(dy, x.value(), norm);
    if (x.needs_gradient()) x.add_gradient(input_gradient(std::move(dy), x.value(), norm, sums));
    gamma.add_gradient(std::move(sums.dgamma));
    beta.add_gradient(std::move(sums.dbeta));
  };
  return {x.tape().record("batch_norm", {x, gamma, beta}, std::move(y), backward), batch};
}

// ---- Inference ----

Tensor batch_norm_inference(Tensor x, const Tensor& gamma, const Tensor& beta,
                            const Moments& statistics, Real epsilon) {
  check_shapes(x, gamma, beta);
  return normalized(std::move(x), ChannelNorm(statistics, gamma, beta, epsilon));
}

Var batch_norm_inference(Var x, Var gamma, Var beta, const Moments& statistics, Real epsilon) {
  Tensor y = batch_norm_inference(x.value(), gamma.value(), beta.value(), statistics, epsilon);
  const auto backward = [=](const Tensor&, Tensor dy) {
    const ChannelNorm norm(statistics, gamma.value(), beta.value(), epsilon);
    AffineGradients sums = affine_gradients(dy, x.value(), norm);
    if (x.needs_gradient()) {
      // The statistics are constants: dx = scale·dy.
      const Index channels = dy.channels();
      for_each_row(dy.rows(), channels, [&](Index offset) {
        Real* const dy_row = dy.data() + offset;
        for (Index c = 0; c < channels; ++c) dy_row[c] *= norm.scale[c];
      });
      x.add_gradient(std::move(dy));
    }
    gamma.add_gradient(std::move(sums.dgamma));
    beta.add_gradient(std::move(sums.dbeta));
  };
  return x.tape().record("batch_norm_inference", {x, gamma, beta}, std::move(y), backward);
}

}  // namespace minitape
