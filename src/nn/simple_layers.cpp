#include "minitape/nn/simple_layers.hpp"

#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/dropout.hpp"

namespace minitape {

// ---- Activation ----

Activation::Activation(Kind kind, double slope) : kind_(kind), slope_(static_cast<Real>(slope)) {}

std::string Activation::type() const {
  switch (kind_) {
    case relu:
      return "relu";
    case leaky_relu:
      return "leaky_relu";
    case sigmoid:
      return "sigmoid";
    case tanh:
      break;
  }
  return "tanh";
}

Var Activation::forward(Var x, Mode) {
  switch (kind_) {
    case relu:
      return minitape::relu(x);
    case leaky_relu:
      return minitape::leaky_relu(x, slope_);
    case sigmoid:
      return minitape::sigmoid(x);
    case tanh:
      break;
  }
  return minitape::tanh(x);
}

Tensor Activation::predict(Tensor x) const {
  switch (kind_) {
    case relu:
      return minitape::relu(std::move(x));
    case leaky_relu:
      return minitape::leaky_relu(std::move(x), slope_);
    case sigmoid:
      return minitape::sigmoid(std::move(x));
    case tanh:
      break;
  }
  return minitape::tanh(std::move(x));
}

// ---- Pools ----

Pool::Pool(Kind kind, PoolOptions options) : kind_(kind), options_(options) {}

Shape Pool::output_shape(const Shape& input) const {
  MINITAPE_CHECK(input.rank() == 3, "[", type(),
                 "] takes images (H, W, C): the layer before gives ", input);
  const Window w = pool_window(type(), input.with_batch(1), options_);
  return {w.out_h, w.out_w, input[2]};
}

Var Pool::forward(Var x, Mode) {
  return kind_ == max ? max_pool(x, options_) : avg_pool(x, options_);
}

Tensor Pool::predict(Tensor x) const {
  return kind_ == max ? max_pool(x, options_) : avg_pool(x, options_);
}

Shape GlobalAvgPool::output_shape(const Shape& input) const {
  MINITAPE_CHECK(input.rank() == 3,
                 "[global_avg_pool] takes images (H, W, C): the layer before gives ", input);
  return {input[2]};
}

Var GlobalAvgPool::forward(Var x, Mode) {
  return global_avg_pool(x);
}

Tensor GlobalAvgPool::predict(Tensor x) const {
  return global_avg_pool(x);
}

// ---- Flatten ----

Var Flatten::forward(Var x, Mode) {
  return flatten(x);
}

Tensor Flatten::predict(Tensor x) const {
  const Index batch = x.shape()[0], rest = x.shape().without_batch().size();
  return std::move(x).reshaped({batch, rest});
}

// ---- Dropout ----

Dropout::Dropout(double rate) : rate_(rate) {
  MINITAPE_CHECK(rate >= 0 && rate < 1, "[dropout] the rate must be in [0, 1): got ", rate);
}

Var Dropout::forward(Var x, Mode mode) {
  if (mode == Mode::inference) return x;
  const std::string name = "dropout/" + masks_.name + "/" + std::to_string(masks_.value++);
  return dropout(x, rate_, stream(seed_, name));
}

void Dropout::initialize(std::uint64_t seed) {
  seed_ = seed;
  masks_.value = 0;
}

}  // namespace minitape
