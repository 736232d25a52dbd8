// What stb_image does not look at in a PNG or JPEG file: whether it is whole, and which way up the
// picture is. Private to data/.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "minitape/data/image.hpp"

namespace minitape {

struct PictureFile {
  /// The file goes on to where its format ends, the checksums of a PNG are right, and nothing makes
  /// stb_image 2.27 read or write outside its tables.
  bool whole = false;
  /// Cameras store a photo as their sensor lies and note how they were held, as the place of the
  /// stored first row and first column in the picture:
  ///   1 top, left      3 bottom, right      5 left, top         7 right, bottom
  ///   2 top, right     4 bottom, left       6 right, top        8 left, bottom
  /// 1 where nothing is noted. (CIPA DC-008, "Exif 2.32", tag 274.)
  int orientation = 1;
};

/// Nothing if the bytes start neither as a PNG nor as a JPEG file does.
std::optional<PictureFile> inspect_picture(std::span<const std::uint8_t> bytes);

/// The picture the right way up.
Image upright(Image stored, int orientation);

}  // namespace minitape
