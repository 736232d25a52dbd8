// An experiment that trains in milliseconds: a few 4x4 images made by hand and a config for them.
#pragma once

#include <cstdint>
#include <string>

#include "minitape/config/config.hpp"
#include "minitape/data/dataset.hpp"

namespace minitape {

inline const Shape kTinyInput{4, 4, 1};

/// `images` images (4, 4, 1) of two classes in turn: dark above and bright below, or the reverse.
/// The greys vary from image to image.
inline Dataset tiny_dataset(Index images) {
  Dataset dataset{.name = "tiny", .image_shape = kTinyInput, .class_names = {"down", "up"}};
  for (Index i = 0; i < images; ++i) {
    for (Index pixel = 0; pixel < 16; ++pixel) {
      const bool bright = (pixel < 8) == (i % 2 == 1);
      dataset.pixels.push_back(
          static_cast<std::uint8_t>((bright ? 150 : 10) + (7 * i + pixel) % 90));
    }
    dataset.labels.push_back(static_cast<std::uint8_t>(i % 2));
  }
  return dataset;
}

/// A config for examples of shape (4, 4, 1) with these entries of model.layers, and what follows
/// them in the file: keys of [model] and further sections.
inline Config config_with(const std::string& layers, const std::string& rest = "") {
  return parse_config(
      "[data]\nname = \"none\"\ninput = [4, 4, 1]\n[model]\nlayers = [" + layers + "]\n" + rest,
      "tiny.toml");
}

/// The layers of a small classifier with batch norm for two classes.
inline const std::string kTinyLayers = R"(
  { type = "conv2d", filters = 2, kernel = 3, padding = "same" },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "flatten" },
  { type = "dense", units = 2 },
)";

}  // namespace minitape
