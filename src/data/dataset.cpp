#include "minitape/data/dataset.hpp"

#include <array>
#include <cmath>

namespace minitape {
namespace {

// How often each byte occurs in channel c.
std::array<std::uint64_t, 256> count_bytes(const Dataset& dataset, std::size_t c) {
  std::array<std::uint64_t, 256> count{};
  const auto channels = static_cast<std::size_t>(dataset.image_shape.channels());
  for (std::size_t i = c; i < dataset.pixels.size(); i += channels) {
    ++count[dataset.pixels[i]];
  }
  return count;
}

// Mean Σ count·byte / n and variance Σ count·(byte − mean)² / n. In bytes, the mean of a constant
// channel is exact and its variance exactly 0.
std::pair<double, double> mean_and_variance(const std::array<std::uint64_t, 256>& count) {
  double n = 0, sum = 0, squares = 0;
  for (int byte = 0; byte < 256; ++byte) {
    n += static_cast<double>(count[byte]);
    sum += static_cast<double>(count[byte]) * byte;
  }
  const double mean = sum / n;
  for (int byte = 0; byte < 256; ++byte) {
    squares += static_cast<double>(count[byte]) * (byte - mean) * (byte - mean);
  }
  return {mean, squares / n};
}

}  // namespace

Standardization Standardization::none(Index channels) {
  const auto count = static_cast<std::size_t>(channels);
  return {std::vector<double>(count, 0.0), std::vector<double>(count, 1.0)};
}

Standardization Standardization::of(const Dataset& dataset) {
  MINITAPE_CHECK(dataset.size() >= 1, "[standardization] ", dataset.name,
                 " must hold at least one image: it is empty");
  Standardization result = none(dataset.image_shape.channels());
  for (std::size_t c = 0; c < result.mean.size(); ++c) {
    const auto [mean, variance] = mean_and_variance(count_bytes(dataset, c));
    result.mean[c] = mean / 255;
    if (variance > 0) result.deviation[c] = std::sqrt(variance) / 255;
  }
  return result;
}

}  // namespace minitape
