// Small images against the loops of the definition, right and mistaken.
#include "minitape/ops/conv2d.hpp"
#include "check.hpp"
#include "ops/loops.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

enum class Way {
  right,
  flipped,            // the kernel is turned around
  shifted,            // by one row and column too far
  padding_added,      // + top and + left in place of −
  stride_ignored,     // windows one pixel apart
  axes_swapped,       // the image's lines are taken to be H long
  channels_first,     // columns in the order (c, u, v)
  first_image_alone,  // every image is the first
};

struct Sizes {
  Index n, h, w, c, kh, kw, f, stride, pad;
  Index out_h() const { return (h + 2 * pad - kh) / stride + 1; }
  Index out_w() const { return (w + 2 * pad - kw) / stride + 1; }
};

// Calls body(x, k, y) with the positions of every product of the equation.
template <class Body>
void for_each_product(const Sizes& s, Way way, Body body) {
  const Index step = way == Way::stride_ignored ? 1 : s.stride;
  const Index top = way == Way::padding_added ? -s.pad : way == Way::shifted ? s.pad - 1 : s.pad;
  const Index line = way == Way::axes_swapped ? s.h : s.w;
  for (Index n = 0; n < s.n; ++n) {
    for (Index i = 0; i < s.out_h(); ++i) {
      for (Index j = 0; j < s.out_w(); ++j) {
        for (Index u = 0; u < s.kh; ++u) {
          for (Index v = 0; v < s.kw; ++v) {
            const Index row = i * step + u - top, column = j * step + v - top;
            if (row < 0 || row >= s.h || column < 0 || column >= s.w) continue;
            for (Index c = 0; c < s.c; ++c) {
              Index k = (u * s.kw + v) * s.c + c;
              if (way == Way::flipped) k = ((s.kh - 1 - u) * s.kw + s.kw - 1 - v) * s.c + c;
              if (way == Way::channels_first) k = (c * s.kh + u) * s.kw + v;
              const Index image = way == Way::first_image_alone ? 0 : n * s.h * s.w;
              for (Index f = 0; f < s.f; ++f) {
                body((image + row * line + column) * s.c + c, k * s.f + f,
                     ((n * s.out_h() + i) * s.out_w() + j) * s.f + f);
              }
            }
          }
        }
      }
    }
  }
}

Tensor y_of(const Sizes& s, const Tensor& x, const Tensor& kernel, Way way = Way::right) {
  Tensor y = Tensor::zeros({s.n, s.out_h(), s.out_w(), s.f});
  for_each_product(s, way, [&](Index at, Index k, Index to) { y[to] += x[at] * kernel[k]; });
  return y;
}

Tensor dx_of(const Sizes& s, const Tensor& dy, const Tensor& kernel, Way way = Way::right) {
  Tensor dx = Tensor::zeros({s.n, s.h, s.w, s.c});
  for_each_product(s, way, [&](Index at, Index k, Index y) { dx[at] += kernel[k] * dy[y]; });
  return dx;
}

Tensor dk_of(const Sizes& s, const Tensor& dy, const Tensor& x, Way way = Way::right) {
  Tensor dk = Tensor::zeros({s.kh, s.kw, s.c, s.f});
  for_each_product(s, way, [&](Index at, Index k, Index y) { dk[k] += x[at] * dy[y]; });
  return dk;
}

Conv2DOptions options_of(const Sizes& s) { return {s.stride, Padding::of(s.pad)}; }

// Numbers without a pattern that a shift could hide in.
Tensor numbers(const Shape& shape, Index from) {
  Tensor x = Tensor::uninitialized(shape);
  for (Index i = 0; i < x.size(); ++i) {
    x[i] = static_cast<Real>((from + 7 * i + i * i * 3) % 13 - 4);
  }
  return x;
}

const Sizes kLine{1, 3, 4, 1, 2, 2, 1, 1, 0}, kPadded{1, 3, 4, 1, 3, 3, 1, 1, 1};
const Sizes kStride{1, 3, 5, 1, 2, 2, 1, 2, 0}, kChannels{1, 2, 3, 2, 2, 2, 2, 1, 0};
const Sizes kTwo{2, 3, 3, 1, 2, 2, 1, 1, 0};

Tensor x_of(const Sizes& s) { return numbers({s.n, s.h, s.w, s.c}, 2); }
Tensor kernel_of(const Sizes& s) { return numbers({s.kh, s.kw, s.c, s.f}, 5); }
Tensor dy_of(const Sizes& s) { return numbers({s.n, s.out_h(), s.out_w(), s.f}, 9); }

void check_forward(const Sizes& s, const std::string& title,
                   const std::vector<std::tuple<Way, std::string, std::string>>& mistakes) {
  const Tensor x = x_of(s), kernel = kernel_of(s);
  Check check(title);
  check.given("x", x).given("kernel", kernel);
  for (const auto& [way, name, remark] : mistakes) {
    check.mistake(name, remark, y_of(s, x, kernel, way));
  }
  check.expect(
      "y", [&] { return conv2d(x, kernel, nullptr, options_of(s)); }, y_of(s, x, kernel));
}

void check_forward() {
  check_forward(
      kLine, "forward: one channel, no padding",
      {{Way::flipped, "the kernel is flipped",
        "that is a convolution as in mathematics, with k[kh − 1 − u, kw − 1 − v]. Here k[u, v] "
        "meets x[i + u, j + v]."},
       {Way::axes_swapped, "height and width are mixed up",
        "a pixel lies at (row·W + column)·C in its image, W being image_w."}});
  check_forward(kPadded, "forward: one row and column of padding on all sides",
                {{Way::shifted, "the padding is off by one",
                  "window (i, j) begins at row i·stride − top: with top = 1 the first is row −1."},
                 {Way::padding_added, "the padding is added in place of subtracted",
                  "row i·stride + u − top: the padding lies in front of row 0."}});
  check_forward(kStride, "forward: stride 2",
                {{Way::stride_ignored, "the stride is forgotten",
                  "output (i, j) begins at row i·stride, not i."}});
  check_forward(
      kChannels, "forward: two channels, two filters",
      {{Way::channels_first, "the columns are in the order (c, u, v)",
        "the kernel is (kh, kw, C, F), so a row of columns is in the order (u, v, c): the "
        "C numbers of a pixel lie together."}});
  check_forward(kTwo, "forward: two images",
                {{Way::first_image_alone, "every image is the first one",
                  "x[n] begins at n·H·W·C, and y[n] at n·P·F."}});
  const Tensor x = x_of(kChannels), kernel = kernel_of(kChannels), bias({2}, {100, 200});
  const Tensor without = y_of(kChannels, x, kernel);
  Tensor with = without;
  add_to_rows(with, bias);
  Check("forward: a bias")
      .given("x", x)
      .given("kernel", kernel)
      .given("bias", bias)
      .mistake("the bias is forgotten", "each filter adds its bias to all of its outputs.", without)
      .expect(
          "y", [&] { return conv2d(x, kernel, &bias, options_of(kChannels)); }, with);
}

void check_kernel_gradient() {
  const Tensor x = x_of(kTwo), dy = dy_of(kTwo), dk = dk_of(kTwo, dy, x);
  Tensor last_dy = dy;  // of the last image alone
  std::fill_n(last_dy.data(), dy.size() / 2, Real(0));
  Check("the gradient of the kernel: two images")
      .given("x", x)
      .given("dy", dy)
      .mistake("= for +=", "that is the last image's columnsᵀ·dy. All images use the same kernel.",
               dk_of(kTwo, last_dy, x))
      .mistake(
          "a mean in place of the sum",
          "that is divided by N. A mean over the batch is in dy already, where the loss is one.",
          map(dk, [](Real value) { return value / 2; }))
      .mistake("the kernel is flipped", "the gradient belongs to the same k[u, v] as in forward.",
               dk_of(kTwo, dy, x, Way::flipped))
      .expect(
          "dK",
          [&] {
            return conv2d_kernel_gradient(dy, x, {2, 2, 1, 1}, options_of(kTwo));
          },
          dk);
  for (const Sizes& s : {kPadded, kStride, kChannels}) {
    const Tensor x2 = x_of(s), dy2 = dy_of(s);
    Check(concat("the gradient of the kernel: channels ", s.c, ", stride ", s.stride, ", padding ",
                 s.pad))
        .given("x", x2)
        .given("dy", dy2)
        .expect(
            "dK",
            [&] {
              return conv2d_kernel_gradient(dy2, x2, {s.kh, s.kw, s.c, s.f}, options_of(s));
            },
            dk_of(s, dy2, x2));
  }
}

void check_input_gradient() {
  const Tensor kernel = kernel_of(kLine), dy = dy_of(kLine), dx = dx_of(kLine, dy, kernel);
  Tensor last = Tensor::zeros(dx.shape());
  for_each_product(kLine, Way::right,
                   [&](Index at, Index k, Index y) { last[at] = kernel[k] * dy[y]; });
  Check("the gradient of the input: one channel")
      .given("kernel", kernel)
      .given("dy", dy)
      .mistake("= for +=",
               "a pixel lies in up to kh·kw windows. That is what the last of them sends; col2im "
               "adds.",
               last)
      .mistake("the kernel is flipped",
               "dcolumns = dy·Kᵀ takes the kernel as it is; the turning around happens by itself, "
               "in col2im.",
               dx_of(kLine, dy, kernel, Way::flipped))
      .expect(
          "dx",
          [&] {
            return conv2d_input_gradient(dy, kernel, {1, 3, 4, 1}, options_of(kLine));
          },
          dx);
  for (const Sizes& s : {kPadded, kStride, kChannels, kTwo}) {
    const Tensor kernel2 = kernel_of(s), dy2 = dy_of(s);
    Check check(concat("the gradient of the input: images ", s.n, ", channels ", s.c, ", stride ",
                       s.stride, ", padding ", s.pad));
    check.given("kernel", kernel2).given("dy", dy2);
    if (s.n > 1) {
      check.mistake("every image is the first one", "dx[n] begins at n·H·W·C, and dy[n] at n·P·F.",
                    dx_of(s, dy2, kernel2, Way::first_image_alone));
    }
    check.expect(
        "dx",
        [&] {
          return conv2d_input_gradient(dy2, kernel2, {s.n, s.h, s.w, s.c}, options_of(s));
        },
        dx_of(s, dy2, kernel2));
  }
}

}  // namespace

int main() {
  return run([] {
    check_forward();
    check_kernel_gradient();
    check_input_gradient();
  });
}
