// The ink of a photo, freed from its paper: steps 1 to 4 of tools/digit_photo.hpp.
#pragma once

#include <vector>

#include "minitape/data/image.hpp"

namespace minitape {

/// How much ink each pixel has, from 0 to 1.
struct Sheet {
  Sheet(Index height_, Index width_)
      : height(height_), width(width_), values(static_cast<std::size_t>(height_ * width_)) {}
  float& at(Index r, Index c) { return values[static_cast<std::size_t>(r * width + c)]; }
  /// There is no ink beyond the sheet.
  float at(Index r, Index c) const {
    const bool inside = r >= 0 && c >= 0 && r < height && c < width;
    return inside ? values[static_cast<std::size_t>(r * width + c)] : 0;
  }

  Index height, width;
  std::vector<float> values;  // [height, width]
};

/// Throws when nothing stands out from the paper. `photo` is (H, W, 1).
Sheet ink_of(const Image& photo);

}  // namespace minitape
