// The direct convolution against the seven loops of the definition.

#include "gradients.hpp"
#include "kernels/fused.hpp"
#include "minitape/ops/activation.hpp"
#include "ops/batch_norm_reference.hpp"
#include "ops/kernels.hpp"
#include "verify/conv2d_definition.hpp"

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
  // Five small images in a group, of which the gradient takes three together, then two.
  add({70, 5, 5, 16}, {3, 3, 16, 32}, 1, Padding::same());
  // A kernel of which several threads add the groups' gradients.
  add({3, 2, 2, 64}, {3, 3, 64, 64}, 1, Padding::same());
  return result;
}

std::string text_of(const ConvSizes& s) {
  return concat("x ", s.x(), ", kernel ", s.kernel(), ", stride ", s.window.stride, ", y ", s.y());
}

BatchStatistics statistics_of(Index filters) {
  return {random_tensor("mean", {filters}), Tensor::full({filters}, 2)};
}

kernels::ChannelNorm norm_of(Index filters) {
  return {statistics_of(filters), gamma_of(filters), beta_of(filters), Real(1e-3)};
}

// A tensor of that shape, each element a sum in double: add(at, x, k, y) adds one product.
template <class Add>
Tensor sum_of_products(const ConvSizes& s, const Shape& shape, Add add) {
  std::vector<double> sums(static_cast<std::size_t>(shape.size()));
  for_each_product(s, [&](Index x, Index k, Index y) { add(sums.data(), x, k, y); });
  Tensor result = Tensor::uninitialized(shape);
  std::transform(sums.begin(), sums.end(), result.data(), [](double sum) { return Real(sum); });
  return result;
}

// The sums have up to kh·kw·C or N·out_h·out_w terms of size 1.
constexpr double kTolerance = 64 * kRounding;

}  // namespace

TEST_CASE("the direct convolution equals the definition, forward and backward") {
  for (const ConvSizes& s : cases()) {
    const std::string text = text_of(s);
    CAPTURE(text);
    const Tensor x = random_tensor("x", s.x()), kernel = random_tensor("kernel", s.kernel());
    const Tensor dy = random_tensor("dy", s.y()), bias = random_tensor("bias", {s.filters});
    const auto product = [](Real a, Real b) { return double{a} * double{b}; };
    Tensor y = sum_of_products(s, s.y(), [&](double* sums, Index xi, Index k, Index yi) {
      sums[yi] += product(x[xi], kernel[k]);
    });
    const Tensor dk = sum_of_products(
        s, s.kernel(),
        [&](double* sums, Index xi, Index k, Index yi) { sums[k] += product(x[xi], dy[yi]); });
    CHECK(mismatch(kernels::conv2d(s, x, kernel, nullptr).value(), y, kTolerance) == "");
    CHECK(mismatch(kernels::conv2d_kernel_gradient(s, dy, x).value(), dk, kTolerance) == "");
    for (Index i = 0; i < y.size(); ++i) y[i] += bias[i % s.filters];
    CHECK(mismatch(kernels::conv2d(s, x, kernel, &bias).value(), y, kTolerance) == "");

    const auto dx = kernels::conv2d_input_gradient(s, dy, kernel);
    CHECK(dx.has_value() == (s.window.stride == 1 && s.channels >= 16));
    if (!dx) continue;
    const Tensor expected = sum_of_products(
        s, s.x(),
        [&](double* sums, Index xi, Index k, Index yi) { sums[xi] += product(kernel[k], dy[yi]); });
    CHECK(mismatch(*dx, expected, kTolerance) == "");
  }
}

TEST_CASE("convolution with batch norm and relu: the same bits as one after the other") {
  const Index filters = 48;
  const Tensor x = random_tensor("x", {2, 19, 9, 3});
  const Tensor kernel = random_tensor("kernel", {3, 3, 3, filters});
  const Tensor bias = random_tensor("bias", {filters});
  const Conv2DOptions same{1, Padding::same()};
  const ConvSizes s = ConvSizes::of(x.shape(), kernel.shape(), same);
  for (const Tensor* const b : {&bias, static_cast<const Tensor*>(nullptr)}) {
    const Tensor expected =
        relu(batch_norm_inference(conv2d(x, kernel, b, same), gamma_of(filters), beta_of(filters),
                                  statistics_of(filters), Real(1e-3)));
    const auto y = kernels::conv2d_batch_norm_relu(s, x, kernel, b, norm_of(filters));
    CHECK(different_bits(y.value(), expected) == "");
  }
}

TEST_CASE("convolution with batch norm and relu hides no NaN") {
  const Tensor ones = Tensor::full({16}, 1), kernel = Tensor::full({1, 1, 1, 16}, 1);
  Tensor x = Tensor::zeros({1, 2, 2, 1});
  x[3] = std::numeric_limits<Real>::quiet_NaN();
  const ConvSizes s = ConvSizes::of(x.shape(), kernel.shape(), {});
  const Tensor y =
      kernels::conv2d_batch_norm_relu(s, x, kernel, nullptr, {{ones, ones}, ones, ones, 0}).value();
  for (Index i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i >= 3 * 16));
}

TEST_CASE("the direct convolution declines where filters do not fill vectors, or nothing is") {
  const auto accepts = [](const Shape& x, const Shape& kernel) {
    const ConvSizes s = ConvSizes::of(x, kernel, {1, Padding::same()});
    const Tensor k = Tensor::zeros(kernel), in = Tensor::zeros(x), dy = Tensor::zeros(s.y());
    const bool forward = kernels::conv2d(s, in, k, nullptr).has_value();
    CHECK(kernels::conv2d_kernel_gradient(s, dy, in).has_value() == forward);
    return std::pair{forward, kernels::conv2d_input_gradient(s, dy, k).has_value()};
  };
  CHECK(accepts({2, 4, 4, 16}, {3, 3, 16, 5}) == std::pair{false, true});
  CHECK(accepts({2, 4, 4, 3}, {3, 3, 3, 16}) == std::pair{true, false});
  CHECK(accepts({0, 4, 4, 16}, {3, 3, 16, 16}) == std::pair{false, false});
  CHECK(accepts({8, 4, 4, 0}, {3, 3, 0, 16}) == std::pair{true, false});
}

TEST_CASE("the direct convolution has the same bits with 1, 2 and 3 threads") {
  const ConvSizes s = ConvSizes::of({35, 18, 9, 16}, {3, 3, 16, 32}, {1, Padding::same()});
  const Tensor x = random_tensor("x", s.x()), kernel = random_tensor("kernel", s.kernel());
  const Tensor dy = random_tensor("dy", s.y());
  CHECK(depends_on_threads([&] {
          std::vector<Tensor> results;
          results.push_back(kernels::conv2d(s, x, kernel, nullptr).value());
          results.push_back(kernels::conv2d_input_gradient(s, dy, kernel).value());
          results.push_back(kernels::conv2d_kernel_gradient(s, dy, x).value());
          results.push_back(
              kernels::conv2d_batch_norm_relu(s, x, kernel, nullptr, norm_of(s.filters)).value());
          return results;
        }) == "");
}

}  // namespace minitape
