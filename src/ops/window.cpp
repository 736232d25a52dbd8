// Equations: minitape/ops/window.hpp
#include "minitape/ops/window.hpp"

#include <algorithm>

namespace minitape {
namespace {

struct Axis {
  Index before, out;  // along one axis: the padding before the image, and the number of windows
};

Axis slide(Index image, Index size, Index stride, Padding padding) {
  if (padding.kind == Padding::Kind::same) {
    const Index out = (image + stride - 1) / stride;
    const Index total = std::max<Index>(0, (out - 1) * stride + size - image);
    return {total / 2, out};  // rounded down: the odd one comes after
  }
  return {padding.amount, (image + 2 * padding.amount - size) / stride + 1};
}

}  // namespace

std::string Padding::to_string() const {
  if (kind == Kind::same) return "same";
  return kind == Kind::valid ? "valid" : std::to_string(amount);
}

Window Window::over(const std::string& operation, const Shape& x, Index size_h, Index size_w,
                    Index stride, Padding padding) {
  MINITAPE_CHECK(x.rank() == 4, "[", operation, "] the input must be (N, H, W, C): x is ", x);
  MINITAPE_CHECK(
      size_h >= 1 && size_w >= 1 && stride >= 1 && padding.amount >= 0, "[", operation,
      "] needs a window of at least 1x1, a stride of at least 1 and no negative padding: "
      "the window is ",
      size_h, "x", size_w, ", the stride ", stride, ", the padding ", padding.to_string());
  const Index h = x[1], w = x[2], room = 2 * padding.amount;
  const bool fits = padding.kind == Padding::Kind::same ? h >= 1 && w >= 1
                                                        : size_h <= h + room && size_w <= w + room;
  MINITAPE_CHECK(fits, "[", operation, "] the window must fit into the padded image: x is ", x,
                 ", the window is ", size_h, "x", size_w, ", the padding is ", padding.to_string());
  const Axis rows = slide(h, size_h, stride, padding);
  const Axis columns = slide(w, size_w, stride, padding);
  return {h, w, size_h, size_w, stride, rows.before, columns.before, rows.out, columns.out};
}

}  // namespace minitape
