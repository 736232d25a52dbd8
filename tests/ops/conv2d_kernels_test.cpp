// The two ways to compute a convolution against each other. (conv2d_test.cpp holds whichever is
// chosen against the seven loops of the definition.)

#include "ops/conv2d_kernels.hpp"
#include "minitape/ops/activation.hpp"
#include "minitape/ops/fused.hpp"
#include "ops/batch_norm_reference.hpp"

namespace minitape {
namespace {

// Filters and channels that fill one, two and three vectors in float and in double, so that every
// block size is met; output lines of 1 to 9 pixels and more than one band of lines.
std::vector<ConvSizes> cases() {
  std::vector<ConvSizes> result;
  const auto add = [&](const Shape& x, const Shape& kernel, Index stride, Padding padding) {
    result.push_back(ConvSizes::of(x, kernel, {stride, padding}));
  };
  for (const Index channels : {1, 3, 16, 48}) {
    for (const Index filters : {16, 32, 48}) {
      add({3, 5, 4, channels}, {3, 3, channels, filters}, 1, Padding::same());
    }
  }
  for (const Index size : {1, 2, 3, 4, 5}) {
    for (const Index stride : {1, 2, 3}) {
      for (const Padding padding : {Padding::valid(), Padding::same(), Padding::of(2)}) {
        add({2, 9, 7, 16}, {size, size, 16, 32}, stride, padding);
      }
    }
  }
  for (Index width = 1; width <= 9; ++width) {
    add({1, 19, width, 16}, {3, 1, 16, 16}, 1, Padding::same());
  }
  // Padding that holds whole windows, pixels that no window sees, a kernel larger than the image.
  add({2, 1, 1, 16}, {1, 1, 16, 16}, 5, Padding::of(2));
  add({2, 6, 6, 16}, {1, 1, 16, 16}, 4, Padding::valid());
  add({2, 3, 2, 16}, {5, 6, 16, 16}, 1, Padding::same());
  // Three images in a group of the kernel's gradient; the matrix of windows in several pieces.
  add({35, 18, 9, 16}, {3, 3, 16, 32}, 1, Padding::same());
  return result;
}

std::string text_of(const ConvSizes& s) {
  return concat("x ", s.x(), ", kernel ", s.kernel(), ", stride ", s.window.stride, ", y ", s.y());
}

ChannelNorm norm_of(Index filters) {
  const Moments statistics{random_tensor("mean", {filters}), Tensor::full({filters}, 2)};
  return {statistics, gamma_of(filters), beta_of(filters), Real(1e-3)};
}

// The sums have up to kh·kw·C or N·out_h·out_w terms of size 1.
constexpr double kTolerance = 64 * kRounding;

}  // namespace

TEST_CASE("the direct convolution equals the one by matrix product, forward and backward") {
  for (const ConvSizes& s : cases()) {
    const std::string text = text_of(s);
    CAPTURE(text);
    const Tensor x = random_tensor("x", s.x()), kernel = random_tensor("kernel", s.kernel());
    const Tensor dy = random_tensor("dy", s.y());
    REQUIRE(direct::forward_applies(s));
    CHECK(mismatch(direct::forward(s, x, kernel, nullptr), columns::forward(s, x, kernel, nullptr),
                   kTolerance) == "");
    const Tensor bias = random_tensor("bias", {s.filters});
    CHECK(mismatch(direct::forward(s, x, kernel, &bias), columns::forward(s, x, kernel, &bias),
                   kTolerance) == "");
    CHECK(mismatch(direct::kernel_gradient(s, dy, x), columns::kernel_gradient(s, dy, x),
                   kTolerance) == "");
    CHECK(direct::input_gradient_applies(s) == (s.window.stride == 1 && s.channels >= 16));
    if (!direct::input_gradient_applies(s)) continue;
    CHECK(mismatch(direct::input_gradient(s, dy, kernel), columns::input_gradient(s, dy, kernel),
                   kTolerance) == "");
  }
}

TEST_CASE("convolution with batch norm and relu: the same bits as one after the other") {
  // Of the direct kind, then by matrix product: 5 filters fill no vector.
  for (const Index filters : {48, 5}) {
    const Tensor x = random_tensor("x", {2, 19, 9, 3});
    const Tensor kernel = random_tensor("kernel", {3, 3, 3, filters});
    const Tensor bias = random_tensor("bias", {filters});
    const Moments statistics{random_tensor("mean", {filters}), Tensor::full({filters}, 2)};
    const Conv2DOptions same{1, Padding::same()};
    for (const Tensor* const b : {&bias, static_cast<const Tensor*>(nullptr)}) {
      const Tensor expected = relu(batch_norm_inference(
          conv2d(x, kernel, b, same), gamma_of(filters), beta_of(filters), statistics, Real(1e-3)));
      CAPTURE(filters);
      CHECK(different_bits(conv2d_batch_norm_relu(x, kernel, b, same, norm_of(filters)),
                           expected) == "");
    }
  }
}

TEST_CASE("convolution with batch norm and relu hides no NaN and says what does not fit") {
  const auto call = [](const Tensor& x, const Shape& bias, Index channels) {
    const Tensor ones = Tensor::full({channels}, 1), b = Tensor::zeros(bias);
    return conv2d_batch_norm_relu(x, Tensor::full({1, 1, 1, 16}, 1), &b, {},
                                  ChannelNorm({ones, ones}, ones, ones, 0));
  };
  Tensor x = Tensor::zeros({1, 2, 2, 1});
  x[3] = std::numeric_limits<Real>::quiet_NaN();
  const Tensor y = call(x, {16}, 16);
  for (Index i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i >= 3 * 16));
  CHECK(error_lacks({"[conv2d] the bias must be (16): bias is (3)"}, [&] { call(x, {3}, 16); }) ==
        "");
  CHECK(error_lacks({"[batch_norm] the statistics must have one value per filter, 16: mean is (8)"},
                    [&] { call(x, {16}, 8); }) == "");
}

TEST_CASE("the direct convolution is left out where filters do not fill vectors, or nothing is") {
  const auto sizes = [](const Shape& x, const Shape& kernel) {
    return ConvSizes::of(x, kernel, {1, Padding::same()});
  };
  CHECK_FALSE(direct::forward_applies(sizes({2, 4, 4, 16}, {3, 3, 16, 10})));
  CHECK(direct::input_gradient_applies(sizes({2, 4, 4, 16}, {3, 3, 16, 10})));
  CHECK_FALSE(direct::input_gradient_applies(sizes({2, 4, 4, 3}, {3, 3, 3, 16})));
  CHECK_FALSE(direct::forward_applies(sizes({0, 4, 4, 16}, {3, 3, 16, 16})));
  CHECK_FALSE(direct::input_gradient_applies(sizes({8, 4, 4, 0}, {3, 3, 0, 16})));
}

TEST_CASE("both convolutions have the same bits with 1, 2 and 3 threads") {
  const ConvSizes s = ConvSizes::of({35, 18, 9, 16}, {3, 3, 16, 32}, {1, Padding::same()});
  const Tensor x = random_tensor("x", s.x()), kernel = random_tensor("kernel", s.kernel());
  const Tensor dy = random_tensor("dy", s.y());
  CHECK(depends_on_threads([&] {
          std::vector<Tensor> results;
          results.push_back(direct::forward(s, x, kernel, nullptr));
          results.push_back(direct::input_gradient(s, dy, kernel));
          results.push_back(direct::kernel_gradient(s, dy, x));
          results.push_back(
              conv2d_batch_norm_relu(x, kernel, nullptr, {1, Padding::same()}, norm_of(s.filters)));
          results.push_back(columns::forward(s, x, kernel, nullptr));
          results.push_back(columns::input_gradient(s, dy, kernel));
          results.push_back(columns::kernel_gradient(s, dy, x));
          return results;
        }) == "");
}

}  // namespace minitape
