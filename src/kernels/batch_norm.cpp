// The sums of batch norm, in one trip to memory each, and the plain sums of columns.
//
// The plain operation goes over x twice, for the mean and for the deviations. Here every chunk of
// rows is gone over twice while it is in the cache, and the chunks are merged in order (T. Chan,
// G. Golub, R. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
// Variances", 1979). With δ = mean_b − mean_a, n = n_a + n_b and M2 the sum of squared deviations,
// chunk b joins the chunks a before it by
//
//   mean = mean_a + δ·n_b/n        M2 = M2_a + M2_b + δ²·n_a·n_b/n
#include <algorithm>

#include "kernels/channel_norm.hpp"
#include "ops/kernels.hpp"

namespace minitape::kernels {
namespace {

// Mean and M2 of the rows begin … end − 1 of x, [C] each.
void chunk_statistics(const Tensor& x, Index begin, Index end, double* mean, double* m2) {
  const Index channels = x.channels();
  const auto rows = static_cast<double>(end - begin);
  // The first row is subtracted while summing up: sums stay as small as the deviations, and a
  // constant column has exactly its value as its mean.
  const Real *const values = x.data(), *const first = values + begin * channels;
  const auto deviation = [=]<class V>(Index i, Index c) {
    return load<V>(values + i) - load<V>(first + c);
  };
  add_rows(begin, end, channels, mean, deviation);
  Tensor centre = Tensor::uninitialized({channels});  // the mean, rounded to Real
  for (Index c = 0; c < channels; ++c) {
    mean[c] = static_cast<double>(first[c]) + mean[c] / rows;
    centre[c] = static_cast<Real>(mean[c]);
  }
  const auto squared = [=, centre = centre.data()]<class V>(Index i, Index c) {
    const V d = load<V>(values + i) - load<V>(centre + c);
    return d * d;
  };
  add_rows(begin, end, channels, m2, squared);
  // Σ (x − mean)² = Σ (x − centre)² − n·(mean − centre)²
  for (Index c = 0; c < channels; ++c) {
    const double distance = mean[c] - static_cast<double>(centre[c]);
    m2[c] = std::max(0.0, m2[c] - rows * distance * distance);
  }
}

}  // namespace

std::optional<BatchStatistics> batch_statistics(const Tensor& x) {
  const Index rows = x.rows(), channels = x.channels(), grain = row_grain(channels);
  const Index chunks = chunk_count(rows, grain);
  const auto all = static_cast<std::size_t>(chunks * channels);
  std::vector<double> chunk_mean(all), chunk_m2(all);  // [chunks, C]
  parallel_chunks(rows, grain, [&](Index chunk, Index begin, Index end) {
    chunk_statistics(x, begin, end, chunk_mean.data() + chunk * channels,
                     chunk_m2.data() + chunk * channels);
  });
  BatchStatistics result{Tensor::zeros({channels}), Tensor::zeros({channels})};
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

std::optional<AffineGradients> affine_gradients(const Tensor& dy, const Tensor& x,
                                                const Tensor& mean, const Tensor& inv_std) {
  const auto d = [dy = dy.data()]<class V>(Index i, Index) { return load<V>(dy + i); };
  const auto d_times_centred = [dy = dy.data(), x = x.data(), mean = mean.data()]<class V>(
                                   Index i, Index c) {
    return load<V>(dy + i) * (load<V>(x + i) - load<V>(mean + c));
  };
  return affine_gradients(sums_over_rows(x.rows(), x.channels(), d_times_centred, d), inv_std);
}

// ---- Numbers per channel ----

ChannelNorm::ChannelNorm(const BatchStatistics& statistics, const Tensor& gamma,
                         const Tensor& betas, Real epsilon)
    : mean(statistics.mean),
      inv_std(inverse_std(statistics.variance, epsilon)),
      scale(inv_std),
      beta(betas) {
  for (Index c = 0; c < gamma.size(); ++c) scale[c] *= gamma[c];
}

AffineGradients affine_gradients(std::array<Tensor, 2> sums, const Tensor& inv_std) {
  auto& [dgamma, dbeta] = sums;
  for (Index c = 0; c < dgamma.size(); ++c) dgamma[c] *= inv_std[c];
  return {std::move(dgamma), std::move(dbeta)};
}

InputGradient::InputGradient(const AffineGradients& sums, const ChannelNorm& norm, Index m)
    : shift(sums.dbeta), slope(norm.inv_std) {
  const auto rows = static_cast<Real>(m);
  for (Index c = 0; c < shift.size(); ++c) {
    shift[c] /= rows;
    slope[c] *= sums.dgamma[c] / rows;
  }
}

std::optional<Tensor> column_sums(const Tensor& x) {
  const auto value = [from = x.data()]<class V>(Index i, Index) { return load<V>(from + i); };
  return std::move(sums_over_rows(x.rows(), x.channels(), value)[0]);
}

}  // namespace minitape::kernels
