#include "minitape/nn/dense.hpp"

#include "minitape/ops/dense.hpp"

namespace minitape {

KernelLayer::KernelLayer(const Shape& kernel, KernelOptions options)
    : kernel_("kernel", Role::kernel, kernel), init_(options.init) {
  if (options.bias) add_bias();
}

void KernelLayer::add_bias() {
  if (bias_) return;
  // "0.dense.bias" beside "0.dense.kernel"
  const std::string prefix = kernel_.name.substr(0, kernel_.name.rfind("kernel"));
  bias_.emplace(prefix + "bias", Role::bias, Shape{kernel().channels()});
}

LayerState KernelLayer::state() {
  LayerState state{.parameters = {&kernel_}};
  if (bias_) state.parameters.push_back(&*bias_);
  return state;
}

void KernelLayer::initialize(std::uint64_t seed) {
  initialize_kernel(kernel_, init_, seed);
  if (bias_) bias_->value.fill(0);
}

std::optional<Var> KernelLayer::bias_on(Tape& tape) {
  return bias_ ? std::optional(tape.parameter(*bias_)) : std::nullopt;
}

Dense::Dense(Index inputs, Index units, KernelOptions options)
    : KernelLayer({inputs, units}, options) {
  MINITAPE_CHECK(inputs >= 1 && units >= 1, "[dense] needs at least one input and one unit: got ",
                 inputs, " and ", units);
}

Shape Dense::output_shape(const Shape& input) const {
  const Shape& shape = kernel().shape();
  MINITAPE_CHECK(input == Shape{shape[0]}, "[dense] takes examples of shape (", shape[0],
                 "): the layer before gives ", input,
                 input.rank() > 1 ? ". Is a flatten layer missing?" : "");
  return {shape[1]};
}

Var Dense::forward(Var x, Mode) {
  const Var kernel = x.tape().parameter(kernel_);
  return dense(x, kernel, bias_on(x.tape()));
}

Tensor Dense::predict(const Tensor& x) const { return dense(x, kernel(), bias()); }

}  // namespace minitape
