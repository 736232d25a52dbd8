#include "minitape/nn/simple_layers.hpp"

#include "minitape/ops/activation.hpp"

namespace minitape {

std::string Activation::type() const {
  constexpr const char* kTypes[] = {"relu", "leaky_relu", "sigmoid", "tanh"};  // in order of Kind
  return kTypes[kind_];
}

namespace {

// X is a Var or a Tensor.
template <class X>
X activate(Activation::Kind kind, Real slope, const X& x) {
  switch (kind) {
    case Activation::relu:
      return relu(x);
    case Activation::leaky_relu:
      return leaky_relu(x, slope);
    case Activation::sigmoid:
      return sigmoid(x);
    default:
      return tanh(x);
  }
}

}  // namespace

Var Activation::forward(Var x, Mode) { return activate(kind_, slope_, x); }

Tensor Activation::predict(const Tensor& x) const { return activate(kind_, slope_, x); }

Shape Pool::output_shape(const Shape& input) const {
  MINITAPE_CHECK(input.rank() == 3, "[", type(),
                 "] takes images (H, W, C): the layer before gives ", input);
  const Window w = pool_window(type(), input.with_batch(1), options_);
  return {w.out_h, w.out_w, input[2]};
}

Shape GlobalAvgPool::output_shape(const Shape& input) const {
  MINITAPE_CHECK(input.rank() == 3,
                 "[global_avg_pool] takes images (H, W, C): the layer before gives ", input);
  return {input[2]};
}

Var Dropout::forward(Var x, Mode mode) {
  if (mode == Mode::inference) return x;
  const std::string name = "dropout/" + masks_.name + "/" + std::to_string(masks_.value++);
  return dropout(x, rate_, stream(seed_, name));
}

}  // namespace minitape
