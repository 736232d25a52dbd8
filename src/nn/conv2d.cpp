#include "minitape/nn/conv2d.hpp"

#include "minitape/ops/fused.hpp"

namespace minitape {

Conv2D::Conv2D(Index channels, Index filters, Index kernel, Conv2DOptions window,
               KernelOptions options)
    : window_(window),
      init_(options.init),
      kernel_("kernel", Role::kernel, {kernel, kernel, channels, filters}) {
  MINITAPE_CHECK(channels >= 1 && filters >= 1 && kernel >= 1,
                 "[conv2d] needs at least one channel, one filter and a 1x1 window: got ", channels,
                 ", ", filters, " and ", kernel);
  if (options.bias) bias_.emplace("bias", Role::bias, Shape{filters});
}

Shape Conv2D::output_shape(const Shape& input) const {
  const Shape& kernel = kernel_.value.shape();
  MINITAPE_CHECK(input.rank() == 3 && input[2] == kernel[2], "[conv2d] takes images (H, W, ",
                 kernel[2], "): the layer before gives ", input);
  const Window w = Window::over("conv2d", input.with_batch(1), kernel[0], kernel[1], window_.stride,
                                window_.padding);
  return {w.out_h, w.out_w, kernel[3]};
}

Var Conv2D::forward(Var x, Mode) {
  std::optional<Var> bias;
  const Var kernel = x.tape().parameter(kernel_);
  if (bias_) bias = x.tape().parameter(*bias_);
  return conv2d(x, kernel, bias, window_);
}

Tensor Conv2D::predict(Tensor x) const {
  return conv2d(x, kernel_.value, bias_ ? &bias_->value : nullptr, window_);
}

Tensor Conv2D::predict_with_batch_norm_and_relu(const Tensor& x,
                                                const BatchNorm& batch_norm) const {
  return conv2d_batch_norm_relu(x, kernel_.value, bias_ ? &bias_->value : nullptr, window_,
                                batch_norm.running_norm());
}

LayerState Conv2D::state() {
  LayerState state{.parameters = {&kernel_}};
  if (bias_) state.parameters.push_back(&*bias_);
  return state;
}

void Conv2D::initialize(std::uint64_t seed) {
  initialize_kernel(kernel_, init_, seed);
  if (bias_) bias_->value.fill(0);
}

void Conv2D::add_bias() {
  if (!bias_) bias_ = bias_beside(kernel_);
}

}  // namespace minitape
