#include "minitape/ops/window.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

struct Slide {
  Index image, size, stride;
  Padding padding;
  Index before, out;  // expected
};

}  // namespace

TEST_CASE("valid, same and explicit padding by hand") {
  const std::vector<Slide> slides{
      // valid: ⌊(H − h) / stride⌋ + 1
      {5, 3, 1, Padding::valid(), 0, 3},
      {5, 2, 2, Padding::valid(), 0, 2},  // rows 0-1 and 2-3; row 4 is not looked at
      {7, 3, 3, Padding::valid(), 0, 2},
      {4, 4, 1, Padding::valid(), 0, 1},
      // same: ⌈H / stride⌉; of an odd amount of padding the extra row comes after
      {5, 3, 1, Padding::same(), 1, 5},      // 2 in all: 1 before, 1 after
      {5, 2, 1, Padding::same(), 0, 5},      // 1 in all: 0 before, 1 after
      {100, 4, 1, Padding::same(), 1, 100},  // 3 in all: 1 before, 2 after
      {5, 3, 2, Padding::same(), 1, 3},      // (3 − 1)·2 + 3 − 5 = 2
      {4, 3, 2, Padding::same(), 0, 2},      // (2 − 1)·2 + 3 − 4 = 1, after
      {5, 1, 3, Padding::same(), 0, 2},      // (2 − 1)·3 + 1 − 5 < 0: none
      {2, 7, 1, Padding::same(), 3, 2},      // a window larger than the image: 1 + 7 − 2 = 6
      // explicit: ⌊(H + 2p − h) / stride⌋ + 1
      {5, 3, 1, Padding::of(0), 0, 3},
      {5, 3, 1, Padding::of(2), 2, 7},
      {5, 3, 2, Padding::of(1), 1, 3},
      {2, 4, 1, Padding::of(1), 1, 1},
      {6, 3, 4, Padding::of(1), 1, 2},
  };
  for (const Slide& s : slides) {
    CAPTURE(s.image);
    CAPTURE(s.size);
    CAPTURE(s.stride);
    CAPTURE(s.padding.to_string());
    // Once along the height, once along the width, beside an axis of which nothing is asked.
    const Window tall = Window::over("test", {1, s.image, 9, 2}, s.size, 1, s.stride, s.padding);
    CHECK(tall.top == s.before);
    CHECK(tall.out_h == s.out);
    CHECK(tall.image_h == s.image);
    CHECK(tall.size_h == s.size);
    CHECK(tall.stride == s.stride);
    const Window wide = Window::over("test", {1, 9, s.image, 2}, 1, s.size, s.stride, s.padding);
    CHECK(wide.left == s.before);
    CHECK(wide.out_w == s.out);
    CHECK(wide.image_w == s.image);
    CHECK(wide.size_w == s.size);
  }
}

TEST_CASE("padding prints as in a config") {
  CHECK(Padding::valid().to_string() == "valid");
  CHECK(Padding::same().to_string() == "same");
  CHECK(Padding::of(2).to_string() == "2");
}

TEST_CASE("a window that does not fit into the padded image is refused") {
  const Shape x{1, 5, 4, 1};
  CHECK(error_lacks({"[conv2d] the window must fit into the padded image: x is (1, 5, 4, 1), the "
                     "window is 6x2, the padding is valid"},
                    [&] { Window::over("conv2d", x, 6, 2, 1, Padding::valid()); }) == "");
  CHECK(error_lacks({"the window is 2x7, the padding is 1"},
                    [&] { Window::over("conv2d", x, 2, 7, 1, Padding::of(1)); }) == "");
  CHECK(error_lacks({"[max_pool] the window must fit into the padded image"}, [&] {
          Window::over("max_pool", {1, 0, 4, 1}, 1, 1, 1, Padding::same());
        }) == "");
}

TEST_CASE("sizes and strides start at 1, padding at 0") {
  const Shape x{1, 5, 4, 1};
  CHECK(error_lacks({"[conv2d] needs a window of at least 1x1, a stride of at least 1 and no "
                     "negative padding: the window is 0x2, the stride 1, the padding valid"},
                    [&] { Window::over("conv2d", x, 0, 2, 1, Padding::valid()); }) == "");
  CHECK(error_lacks({"the window is 2x0"},
                    [&] { Window::over("conv2d", x, 2, 0, 1, Padding::valid()); }) == "");
  CHECK(error_lacks({"the stride 0"},
                    [&] { Window::over("conv2d", x, 2, 2, 0, Padding::same()); }) == "");
  CHECK(error_lacks({"the padding -1"},
                    [&] { Window::over("conv2d", x, 2, 2, 1, Padding::of(-1)); }) == "");
}

TEST_CASE("images have four axes") {
  CHECK(error_lacks({"[avg_pool] the input must be (N, H, W, C): x is (5, 4, 1)"}, [] {
          Window::over("avg_pool", {5, 4, 1}, 2, 2, 1, Padding::valid());
        }) == "");
}

}  // namespace minitape
