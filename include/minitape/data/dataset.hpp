// data/: labelled images, read from files or drawn in code, and the batches made of them.
//
//   dataset        a set of labelled images, and the statistics that standardize it
//   batches        mini-batches: shuffled, augmented, standardized
//   load           every set by its name; behind it idx (MNIST), cifar, image_folder (a folder of
//                  pictures for each class) and synthetic (digits and shapes, drawn in code)
//   image          one picture: read from PNG and JPEG, resized, written as PNG
//
// This room includes core/ and text/. config/ and all rooms after it may include it; the network
// does not know where its tensors come from.
//
// A set keeps its images as bytes: they take a quarter of the memory of floats, and their
// statistics are exact. Bytes become numbers when a batch is made: byte / 255, then standardized.
//
//   pixel (h, w, c) of image i lies at ((i·H + h)·W + w)·C + c
#pragma once

#include <cstdint>
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

  Index size() const { return std::ssize(labels); }          // how many images
  Index classes() const { return std::ssize(class_names); }  // how many classes
  std::span<const std::uint8_t> image(Index i) const {
    const auto bytes = static_cast<std::size_t>(image_shape.size());
    return {pixels.data() + static_cast<std::size_t>(i) * bytes, bytes};
  }
};

/// A training set and a test set with the same image shape and the same classes.
struct TrainTest {
  Dataset train, test;
  std::vector<std::string> notes;  // what the user should know, such as images that were left out
};

/// Turns bytes into network inputs, channel by channel: (byte / 255 − mean) / deviation.
struct Standardization {
  std::vector<double> mean;       // [C], of byte / 255
  std::vector<double> deviation;  // [C], biased (divided by n); 1 where a channel is constant

  /// Mean 0 and deviation 1: inputs are byte / 255.
  static Standardization none(Index channels);
  /// The statistics of all pixels of a set.
  static Standardization of(const Dataset& dataset);
};

}  // namespace minitape
