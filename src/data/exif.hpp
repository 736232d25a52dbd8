// How a camera was held: cameras store a photo as their sensor lies, and note beside it how it must
// be turned. Private to the data chapter.
#pragma once

#include <cstdint>
#include <span>

#include "minitape/data/image.hpp"

namespace minitape {

/// The orientation in the EXIF part of a JPEG: where the stored picture's first row and first column
/// belong.
///
///   1 top, left      3 bottom, right      5 left, top         7 right, bottom
///   2 top, right     4 bottom, left       6 right, top        8 left, bottom
///
/// 1 where there is none, or none that can be read. (CIPA DC-008, "Exif 2.32", tag 274.)
int exif_orientation(std::span<const std::uint8_t> jpeg);

/// The picture as it was seen.
Image upright(Image stored, int orientation);

}  // namespace minitape
