#include "minitape/nn/dense.hpp"

#include "minitape/ops/dense.hpp"

namespace minitape {

Parameter bias_beside(const Parameter& kernel) {
  const std::string prefix = kernel.name.substr(0, kernel.name.rfind("kernel"));
  return {prefix + "bias", Role::bias, Shape{kernel.value.channels()}};
}

Dense::Dense(Index inputs, Index units, KernelOptions options)
    : init_(options.init), kernel_("kernel", Role::kernel, {inputs, units}) {
  MINITAPE_CHECK(inputs >= 1 && units >= 1, "[dense] needs at least one input and one unit: got ",
                 inputs, " and ", units);
  if (options.bias) bias_.emplace("bias", Role::bias, Shape{units});
}

Shape Dense::output_shape(const Shape& input) const {
  const Shape& kernel = kernel_.value.shape();
  MINITAPE_CHECK(input == Shape{kernel[0]}, "[dense] takes examples of shape (", kernel[0],
                 "): the layer before gives ", input,
                 input.rank() > 1 ? ". Is a flatten layer missing?" : "");
  return {kernel[1]};
}

Var Dense::forward(Var x, Mode) {
  std::optional<Var> bias;
  const Var kernel = x.tape().parameter(kernel_);
  if (bias_) bias = x.tape().parameter(*bias_);
  return dense(x, kernel, bias);
}

Tensor Dense::predict(Tensor x) const {
  return dense(x, kernel_.value, bias_ ? &bias_->value : nullptr);
}

LayerState Dense::state() {
  LayerState state{.parameters = {&kernel_}};
  if (bias_) state.parameters.push_back(&*bias_);
  return state;
}

void Dense::initialize(std::uint64_t seed) {
  initialize_kernel(kernel_, init_, seed);
  if (bias_) bias_->value.fill(0);
}

void Dense::add_bias() {
  if (!bias_) bias_ = bias_beside(kernel_);
}

}  // namespace minitape
