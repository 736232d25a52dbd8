// Labelled images, kept as the bytes they were stored as.
//
// Bytes take a quarter of the memory of floats, and the statistics of a set of bytes are exact.
// Pixels become numbers when a batch is made (batches.hpp): byte / 255, then standardized.
//
//   pixel (h, w, c) of image i lies at ((i·H + h)·W + w)·C + c
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

struct Dataset {
  std::string name;                      // "mnist", for messages
  Shape image_shape;                     // (H, W, C)
  std::vector<std::uint8_t> pixels;      // [size, H, W, C]
  std::vector<std::uint8_t> labels;      // [size], each below classes()
  std::vector<std::string> class_names;  // [classes]

  Index size() const { return static_cast<Index>(labels.size()); }
  Index classes() const { return static_cast<Index>(class_names.size()); }
  std::span<const std::uint8_t> image(Index i) const {
    const auto bytes = static_cast<std::size_t>(image_shape.size());
    return {pixels.data() + static_cast<std::size_t>(i) * bytes, bytes};
  }
};

/// What to learn from and what to be judged by. Both have the same image shape and classes.
struct TrainTest {
  Dataset train, test;
  std::vector<std::string> notes;  // what a user should know: images that were left out
};

/// Per-channel affine map from bytes to network inputs: (byte / 255 − mean) / deviation.
struct Standardization {
  std::vector<double> mean;       // [C], of byte / 255
  std::vector<double> deviation;  // [C], biased (divided by n); 1 where a channel is constant

  /// Mean 0 and deviation 1: inputs are byte / 255.
  static Standardization none(Index channels);
  /// The statistics of all pixels of a set, exact because they are counted from a histogram.
  static Standardization of(const Dataset& dataset);
};

}  // namespace minitape
