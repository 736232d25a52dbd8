#include "minitape/data/dataset.hpp"

#include <array>
#include <cmath>

#include "minitape/core/parallel.hpp"

namespace minitape {
namespace {

// How often each byte occurs in each channel: [C][256].
using Histogram = std::vector<std::array<std::uint64_t, 256>>;

constexpr Index kImageGrain = 500;  // images that are counted in one piece

// Adds the pixels of images begin … end − 1 to the histogram.
void count_bytes(const Dataset& dataset, Index begin, Index end, Histogram& histogram) {
  const std::size_t channels = histogram.size();
  const auto image_bytes = static_cast<std::size_t>(dataset.image_shape.size());
  const std::uint8_t* pixel = dataset.pixels.data() + static_cast<std::size_t>(begin) * image_bytes;
  const std::uint8_t* last = dataset.pixels.data() + static_cast<std::size_t>(end) * image_bytes;
  for (; pixel != last; pixel += channels) {
    for (std::size_t c = 0; c < channels; ++c) ++histogram[c][pixel[c]];
  }
}

}  // namespace

Standardization Standardization::none(Index channels) {
  const auto count = static_cast<std::size_t>(channels);
  return {std::vector<double>(count, 0.0), std::vector<double>(count, 1.0)};
}

Standardization Standardization::of(const Dataset& dataset) {
  MINITAPE_CHECK(dataset.size() >= 1, "[standardization] ", dataset.name,
                 " must hold at least one image: it is empty");
  // Count in pieces side by side. Whole numbers add up to the same in any order.
  const auto channels = static_cast<std::size_t>(dataset.image_shape.channels());
  std::vector<Histogram> pieces(static_cast<std::size_t>(chunk_count(dataset.size(), kImageGrain)),
                                Histogram(channels));
  parallel_chunks(dataset.size(), kImageGrain, [&](Index piece, Index begin, Index end) {
    count_bytes(dataset, begin, end, pieces[static_cast<std::size_t>(piece)]);
  });

  Standardization result = none(dataset.image_shape.channels());
  for (std::size_t c = 0; c < channels; ++c) {
    std::array<double, 256> count{};
    double n = 0, sum = 0, squares = 0;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      for (const Histogram& piece : pieces) count[byte] += static_cast<double>(piece[c][byte]);
      n += count[byte];
      sum += count[byte] * static_cast<double>(byte);
    }
    // mean = Σ count·byte / n, variance = Σ count·(byte − mean)² / n; then from bytes to 0 … 1.
    // In bytes the mean of a constant channel is exact, and its variance exactly 0.
    const double mean = sum / n;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const double difference = static_cast<double>(byte) - mean;
      squares += count[byte] * difference * difference;
    }
    result.mean[c] = mean / 255;
    if (squares > 0) result.deviation[c] = std::sqrt(squares / n) / 255;
  }
  return result;
}

}  // namespace minitape
