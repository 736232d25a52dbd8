#include "minitape/nn/simple_layers.hpp"

#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/dropout.hpp"

namespace minitape {

// ---- Activation ----

namespace {

// One row per kind, in the order of the enumerators.
struct ActivationRow {
  const char* type;
  Var (*on_tape)(Var x, Real slope);
  Tensor (*on_tensor)(Tensor x, Real slope);
};

constexpr ActivationRow kActivations[] = {
    {"relu", [](Var x, Real) { return relu(x); },
     [](Tensor x, Real) { return relu(std::move(x)); }},
    {"leaky_relu", [](Var x, Real slope) { return leaky_relu(x, slope); },
     [](Tensor x, Real slope) { return leaky_relu(std::move(x), slope); }},
    {"sigmoid", [](Var x, Real) { return sigmoid(x); },
     [](Tensor x, Real) { return sigmoid(std::move(x)); }},
    {"tanh", [](Var x, Real) { return tanh(x); },
     [](Tensor x, Real) { return tanh(std::move(x)); }},
};

}  // namespace

Activation::Activation(Kind kind, double slope) : kind_(kind), slope_(static_cast<Real>(slope)) {}

std::string Activation::type() const {
  return kActivations[kind_].type;
}

Var Activation::forward(Var x, Mode) {
  return kActivations[kind_].on_tape(x, slope_);
}

Tensor Activation::predict(Tensor x) const {
  return kActivations[kind_].on_tensor(std::move(x), slope_);
}

// ---- Pools ----

Pool::Pool(Kind kind, PoolOptions options) : kind_(kind), options_(options) {}

Shape Pool::output_shape(const Shape& input) const {
  MINITAPE_CHECK(input.rank() == 3, "[", type(),
                 "] takes images (H, W, C): the layer before gives ", input);
  const Window w = window(input.with_batch(1));
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
