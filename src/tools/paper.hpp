// A sheet of paper with ink on it, as a plane of numbers, and the tools of digit_photo. Private to
// tools/.
#pragma once

#include <vector>

#include "minitape/data/image.hpp"

namespace minitape {

struct Sheet {
  Sheet(Index height_, Index width_)
      : height(height_), width(width_), values(static_cast<std::size_t>(height_ * width_)) {}
  float& at(Index r, Index c) { return values[static_cast<std::size_t>(r * width + c)]; }
  float at(Index r, Index c) const { return values[static_cast<std::size_t>(r * width + c)]; }

  Index height, width;
  std::vector<float> values;  // [height, width]
};

/// Bytes as they are.
Sheet to_sheet(const Image& image);
/// Ink from 0 to 1 becomes bytes from 0 to 255.
Image to_image(const Sheet& ink);

/// The value below which that part of all values lies; for 0.5 the median.
float quantile(std::vector<float> values, double part);

/// Subtracts the brightness of the paper, which may change smoothly over the sheet.
void subtract_paper(Sheet& sheet);

/// Erases the pieces (connected pixels) that have less than that part of the largest piece's ink.
void remove_specks(Sheet& ink, double part);

struct Box {
  Index top = 0, left = 0, bottom = 0, right = 0;  // bottom and right are outside
  Index height() const { return bottom - top; }
  Index width() const { return right - left; }
};
/// Around all pixels that are at least half ink; all of the sheet if there is none.
Box bounding_box(const Sheet& ink);
/// The inside of the box and a margin of that many pixels on each side, empty beyond the sheet.
Sheet with_margin(const Sheet& ink, const Box& box, Index margin);
/// Every pixel gets the most ink that lies within that distance, as if the pen had been thicker by
/// that much on each side.
Sheet thickened(const Sheet& ink, float radius);

}  // namespace minitape
