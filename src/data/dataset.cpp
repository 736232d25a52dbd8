#include "minitape/data/dataset.hpp"

#include <array>
#include <cmath>

namespace minitape {

Standardization Standardization::none(Index channels) {
  const auto count = static_cast<std::size_t>(channels);
  return {std::vector<double>(count, 0.0), std::vector<double>(count, 1.0)};
}

Standardization Standardization::of(const Dataset& dataset) {
  const auto channels = static_cast<std::size_t>(dataset.image_shape.channels());
  // Count how often each byte occurs in each channel.
  std::vector<std::array<std::uint64_t, 256>> histogram(channels);
  for (std::size_t i = 0; i < dataset.pixels.size(); ++i) {
    ++histogram[i % channels][dataset.pixels[i]];
  }
  Standardization result = none(dataset.image_shape.channels());
  for (std::size_t c = 0; c < channels; ++c) {
    // mean = Σ count·v / n, variance = Σ count·(v − mean)² / n, with v = byte / 255.
    double n = 0, sum = 0, squares = 0;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      n += static_cast<double>(histogram[c][byte]);
      sum += static_cast<double>(histogram[c][byte] * byte) / 255;
    }
    const double mean = sum / n;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const double difference = static_cast<double>(byte) / 255 - mean;
      squares += static_cast<double>(histogram[c][byte]) * difference * difference;
    }
    result.mean[c] = mean;
    if (squares > 0) result.deviation[c] = std::sqrt(squares / n);
  }
  return result;
}

}  // namespace minitape
