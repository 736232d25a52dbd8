// Window: the geometry that convolution and pooling share.
//
// A window of size h × w slides over an image of height H and width W in steps of `stride`. Padding
// surrounds the image with values that do not exist (0 for convolution, ignored by pools):
//
//   valid        none                            out = ⌊(H − h) / stride⌋ + 1
//   same         as much as makes                out = ⌈H / stride⌉
//   explicit p   p rows or columns on all sides  out = ⌊(H + 2p − h) / stride⌋ + 1
//
// `same` pads max((out − 1)·stride + h − H, 0) in all; where that is odd, the extra row or column
// comes after the image, at the bottom and on the right, as TensorFlow does it.
#pragma once

#include <string>

#include "minitape/core/tensor.hpp"

namespace minitape {

struct Padding {
  enum class Kind { valid, same, explicit_amount };
  Kind kind = Kind::valid;
  Index amount = 0;  // of explicit_amount; else 0

  static Padding valid() { return {}; }
  static Padding same() { return {Kind::same, 0}; }
  static Padding of(Index amount) { return {Kind::explicit_amount, amount}; }
  std::string to_string() const;  // "valid", "same", "2"
  bool operator==(const Padding&) const = default;
};

/// Where the windows over one image lie: window (i, j) covers the rows from i·stride − top and the
/// columns from j·stride − left.
struct Window {
  Index image_h, image_w;  // H, W
  Index size_h, size_w;    // h, w
  Index stride;
  Index top, left;     // padding before the image
  Index out_h, out_w;  // how many windows there are

  /// Throws, naming `operation`, when not a single window fits into the padded image.
  static Window over(const std::string& operation, const Shape& x, Index size_h, Index size_w,
                     Index stride, Padding padding);
};

}  // namespace minitape
