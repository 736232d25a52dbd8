// A photo of a handwritten digit becomes an image like those of MNIST.
//
// MNIST's digits are white on black. Each was scaled to fit into 20×20 pixels, with its proportions
// kept, and placed on 28×28 pixels with its centre of mass in the middle (Y. LeCun, C. Cortes,
// C. Burges, "The MNIST database of handwritten digits"). A network that was trained on such images
// needs a photo in the same form. The steps:
//
//   1. paper     light falls unevenly: fit a smooth surface to the paper's brightness and subtract
//                it, so that paper is 0 everywhere
//   2. ink       darker or lighter than the paper, whichever stands out more
//   3. contrast  what is close to the paper becomes 0, what is close to the ink 1
//   4. specks    erase small dots; keep the digit's own strokes
//   5. pen       make the strokes of a thin pen as thick as MNIST's
//   6. size      scale the digit to fit into 20×20
//   7. place     move its centre of mass to the middle
//
// The photo should show one digit on plain paper that fills the picture.
#pragma once

#include <vector>

#include "minitape/data/image.hpp"

namespace minitape {

/// (H, W, 1) -> (28, 28, 1). An image that has this form already (28×28 with a border that is
/// mostly black) stays as it is, bit for bit. Throws when nothing stands out from the paper.
Image digit_from_photo(const Image& photo);

// ---- Steps 1 to 4 (src/tools/ink.cpp): the ink, freed from its paper ----

/// How much ink each pixel has, from 0 to 1.
struct Sheet {
  Sheet(Index height_, Index width_)  // without ink
      : height(height_), width(width_), values(static_cast<std::size_t>(height_ * width_)) {}
  float& at(Index r, Index c) { return values[static_cast<std::size_t>(r * width + c)]; }  // inside
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
