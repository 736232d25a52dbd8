// Equations and storage layout: minitape/ops/conv2d.hpp
#include "minitape/ops/conv2d.hpp"

#include "minitape/ops/activation.hpp"
#include "minitape/ops/fused.hpp"
#include "ops/batch_norm_parts.hpp"
#include "ops/conv2d_kernels.hpp"
#include "ops/rows.hpp"

namespace minitape {

ConvSizes ConvSizes::of(const Shape& x, const Shape& kernel, const Conv2DOptions& options) {
  MINITAPE_CHECK(kernel.rank() == 4, "[conv2d] the kernel must be (kh, kw, C, F): kernel is ",
                 kernel);
  const Window window =
      Window::over("conv2d", x, kernel[0], kernel[1], options.stride, options.padding);
  MINITAPE_CHECK(x[3] == kernel[2], "[conv2d] input has ", x[3],
                 " channels but the kernel expects ", kernel[2], ": x is ", x, ", kernel is ",
                 kernel);
  return {.window = window, .images = x[0], .channels = x[3], .filters = kernel[3]};
}

namespace {

void check_dy(const Tensor& dy, const ConvSizes& sizes) {
  MINITAPE_CHECK(dy.shape() == sizes.y(), "[conv2d] the output has shape ", sizes.y(),
                 ", so its gradient must have it too: dy is ", dy.shape());
}

void check_bias(const Tensor* bias, const ConvSizes& sizes) {
  MINITAPE_CHECK(!bias || bias->shape() == Shape{sizes.filters}, "[conv2d] the bias must be (",
                 sizes.filters, "): bias is ", bias->shape());
}

}  // namespace

// ---- Forward ----

Tensor conv2d(const Tensor& x, const Tensor& kernel, const Tensor* bias, Conv2DOptions options) {
  const ConvSizes sizes = ConvSizes::of(x.shape(), kernel.shape(), options);
  check_bias(bias, sizes);
  return direct::forward_applies(sizes) ? direct::forward(sizes, x, kernel, bias)
                                        : columns::forward(sizes, x, kernel, bias);
}

Tensor conv2d_batch_norm_relu(const Tensor& x, const Tensor& kernel, const Tensor* bias,
                              Conv2DOptions options, const ChannelNorm& norm) {
  const ConvSizes sizes = ConvSizes::of(x.shape(), kernel.shape(), options);
  check_bias(bias, sizes);
  MINITAPE_CHECK(norm.mean.shape() == Shape{sizes.filters},
                 "[batch_norm] the statistics must have one value per filter, ", sizes.filters,
                 ": mean is ", norm.mean.shape());
  return direct::forward_applies(sizes)
             ? direct::forward_batch_norm_relu(sizes, x, kernel, bias, norm)
             : relu(normalized(columns::forward(sizes, x, kernel, bias), norm));
}

// ---- Backward ----

Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& kernel, const Shape& x_shape,
                             Conv2DOptions options) {
  const ConvSizes sizes = ConvSizes::of(x_shape, kernel.shape(), options);
  check_dy(dy, sizes);
  return direct::input_gradient_applies(sizes) ? direct::input_gradient(sizes, dy, kernel)
                                               : columns::input_gradient(sizes, dy, kernel);
}

Tensor conv2d_kernel_gradient(const Tensor& dy, const Tensor& x, const Shape& kernel_shape,
                              Conv2DOptions options) {
  const ConvSizes sizes = ConvSizes::of(x.shape(), kernel_shape, options);
  check_dy(dy, sizes);
  return direct::forward_applies(sizes) ? direct::kernel_gradient(sizes, dy, x)
                                        : columns::kernel_gradient(sizes, dy, x);
}

Var conv2d(Var x, Var kernel, std::optional<Var> bias, Conv2DOptions options) {
  Tensor y = conv2d(x.value(), kernel.value(), bias ? &bias->value() : nullptr, options);
  std::vector<Var> inputs{x, kernel};
  if (bias) inputs.push_back(*bias);
  return x.tape().record("conv2d", inputs, std::move(y), [=](const Tensor&, Tensor dy) {
    if (bias) bias->add_gradient(column_sums(dy));
    kernel.add_gradient(conv2d_kernel_gradient(dy, x.value(), kernel.shape(), options));
    // The images themselves need no gradient: the first layer saves this product.
    if (x.needs_gradient()) {
      x.add_gradient(conv2d_input_gradient(dy, kernel.value(), x.shape(), options));
    }
  });
}

}  // namespace minitape
