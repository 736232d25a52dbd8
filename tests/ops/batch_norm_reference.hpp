// What the tests of batch norm share.
#pragma once

#include <utility>

#include "testing.hpp"

namespace minitape {

/// gamma with both signs and beta, as no layer starts with them.
inline Tensor gamma_of(Index channels) {
  Tensor gamma = random_tensor("gamma", {channels}, 0, 1.5);
  gamma[0] = Real(-0.75);
  return gamma;
}
inline Tensor beta_of(Index channels) { return random_tensor("beta", {channels}, 0.5); }

/// Mean and biased variance of column c of x [m, C] in long double.
inline std::pair<double, double> exact_moments(const Tensor& x, Index c) {
  const Index rows = x.rows(), channels = x.channels();
  long double mean = 0, m2 = 0;
  for (Index r = 0; r < rows; ++r) mean += x[r * channels + c];
  mean /= static_cast<long double>(rows);
  for (Index r = 0; r < rows; ++r) {
    const long double deviation = x[r * channels + c] - mean;
    m2 += deviation * deviation;
  }
  return {static_cast<double>(mean), static_cast<double>(m2 / static_cast<long double>(rows))};
}

}  // namespace minitape
