// What the synthetic sets share: the labels, and a random stream for each image.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "minitape/core/random.hpp"
#include "minitape/data/dataset.hpp"

namespace minitape {

/// Draws one image of class `label` into `pixels` [H, W, C]. Every random choice comes from
/// `random`. Several threads call it at once.
using DrawImage = void (*)(Random& random, int label, std::span<std::uint8_t> pixels);

struct SyntheticSet {
  std::string name;                      // "digits"; the names of its streams begin with it
  Shape image_shape;                     // (H, W, C)
  std::vector<std::string> class_names;  // [classes]
  DrawImage draw;
};

/// Images 0 … count − 1 of a split. Throws unless the split and the count are valid.
Dataset generate(const SyntheticSet& set, std::uint64_t seed, std::string_view split, Index count);

}  // namespace minitape
