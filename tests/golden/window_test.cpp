// Convolution and pools equal PyTorch's, through the layers: y, dx and the gradients of the
// parameters, for kernels of 1 to 5, strides of 1 to 3 and all paddings.
//
// The inputs of convolutions and max pools are multiples of 1/8 up to 2. All products are then
// multiples of 1/64, and sums of a few hundred of them have less than 24 bits: nothing is rounded,
// not even in float, and the results must be equal to the last bit. So it is for dense layers.

#include <cstdlib>

#include "comparison.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/simple_layers.hpp"

namespace minitape {
namespace {

constexpr double kExact = 0;

// A mean rounds in the division, and an element of its gradient in each of at most nine sums.
const double kMeans = by_precision(1e-6, 2e-15);

Padding padding_of(const Record& record) {
  const std::string text = record.text("padding");
  if (text == "valid") return Padding::valid();
  if (text == "same") return Padding::same();
  return Padding::of(std::atoi(text.c_str()));
}

}  // namespace

TEST_CASE("conv2d equals PyTorch: y, dx, dkernel, dbias") {
  for (const Record& c : Record::fixture("conv2d").records("cases", 30)) {
    const Index size = c.integer("size"), stride = c.integer("stride");
    const Shape y = c.tensor("y").shape();
    const Index channels = c.tensor("x").channels();
    CAPTURE(size);
    CAPTURE(stride);
    CAPTURE(c.text("padding"));
    Conv2D layer(channels, y.channels(), size, {.stride = stride, .padding = padding_of(c)},
                 {.bias = c.has("bias")});
    load_parameters(layer.state(), c);
    CHECK(wrong_layer(layer, c, Mode::training, kExact) == "");
  }
}

TEST_CASE("the convolutions of the fixture cover what they should") {
  // Counts by (size, stride) of `same`, and of windows that leave an odd row or column of padding.
  int same = 0, odd = 0, biased = 0;
  for (const Record& c : Record::fixture("conv2d").records("cases", 30)) {
    const Shape x = c.tensor("x").shape(), kernel = c.tensor("kernel").shape();
    biased += c.has("bias");
    if (c.text("padding") != "same") continue;
    ++same;
    const Index stride = c.integer("stride");
    const Window window = Window::over("test", x, kernel[0], kernel[1], stride, Padding::same());
    const Index height = (window.out_h - 1) * stride + kernel[0] - x[1];
    odd += height > 0 && height % 2 == 1;
  }
  CHECK(same == 15);
  CHECK(odd >= 4);
  CHECK(biased == 16);
}

TEST_CASE("dense equals PyTorch: y, dx, dkernel, dbias") {
  for (const Record& c : Record::fixture("dense").records("cases", 2)) {
    const Shape kernel = c.tensor("kernel").shape();
    Dense layer(kernel[0], kernel[1], {.bias = c.has("bias")});
    load_parameters(layer.state(), c);
    CHECK(wrong_layer(layer, c, Mode::training, kExact) == "");
  }
}

TEST_CASE("pools equal PyTorch: y and dx") {
  int max_pools = 0;
  for (const Record& c : Record::fixture("pool").records("cases", 19)) {
    const bool is_max = c.text("kind") == "max_pool";
    max_pools += is_max;
    const PoolOptions options{
        .size = c.integer("size"), .stride = c.integer("stride"), .padding = padding_of(c)};
    CAPTURE(c.text("kind"));
    CAPTURE(options.size);
    CAPTURE(options.stride);
    CAPTURE(c.text("padding"));
    Pool layer(is_max ? Pool::max : Pool::avg, options);
    CHECK(wrong_layer(layer, c, Mode::training, is_max ? kExact : kMeans) == "");
  }
  CHECK(max_pools == 10);
}

TEST_CASE("global_avg_pool equals PyTorch: y and dx") {
  GlobalAvgPool layer;
  const Record c = Record::fixture("pool").record("global");
  CHECK(wrong_layer(layer, c, Mode::training, kMeans) == "");
}

}  // namespace minitape
