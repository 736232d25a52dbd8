// Exercise: find the bug (chapter 7).
//
// One pass over x is enough: Var[x] = E[x²] − E[x]². The tests are green, and training works, until
// somebody feeds in numbers that are large beside their differences. Then the variance is wrong, or
// negative, and the square root gives NaN.
//
// Equations: include/minitape/ops/batch_norm.hpp

BatchStatistics batch_statistics(const Tensor& x) {
  const Index channels = x.channels();
  const auto m = static_cast<double>(x.rows());
  Tensor mean = Tensor::zeros({channels}), variance = Tensor::zeros({channels});
  for (Index i = 0; i < x.size(); ++i) {
    const Index c = i % channels;
    mean[c] += x[i];
    variance[c] += x[i] * x[i];
  }
  for (Index c = 0; c < channels; ++c) {
    mean[c] /= m;
    variance[c] = variance[c] / m - mean[c] * mean[c];
  }
  return {std::move(mean), std::move(variance)};
}
