// Equations and storage layout: minitape/ops/activation.hpp
#include "minitape/ops/activation.hpp"

#include <cmath>

#include "ops/kernels.hpp"
#include "ops/loops.hpp"

namespace minitape {
namespace {

// Records y with dx = gradient(dy, y).
template <class Gradient>
Var record(const char* operation, Var x, Tensor y, Gradient gradient) {
  const auto backward = [=](const Tensor& kept_y, Tensor dy) {
    x.add_gradient(zip(std::move(dy), kept_y, gradient));
  };
  return x.tape().record(operation, {x}, std::move(y), backward);
}

}  // namespace

Tensor relu(const Tensor& x) {
  return map(x, [](Real v) { return v < 0 ? 0 : v; });
}
Var relu(Var x) {
  return record("relu", x, relu(x.value()), [](Real d, Real y) { return y > 0 ? d : 0; });
}

Tensor leaky_relu(const Tensor& x, Real slope) {
  MINITAPE_CHECK(slope >= 0, "[leaky_relu] the slope must not be negative: got ", slope);
  return map(x, [=](Real v) { return v > 0 ? v : slope * v; });
}
Var leaky_relu(Var x, Real slope) {
  return record("leaky_relu", x, leaky_relu(x.value(), slope),
                [=](Real d, Real y) { return y > 0 ? d : slope * d; });
}

Tensor sigmoid(const Tensor& x) {
  if (auto y = kernels::sigmoid(x)) return *std::move(y);
  return map(x, [](Real v) { return 1 / (1 + std::exp(-v)); });
}
Var sigmoid(Var x) {
  return record("sigmoid", x, sigmoid(x.value()), [](Real d, Real y) { return d * y * (1 - y); });
}

Tensor tanh(const Tensor& x) {
  // 1 − 2 / (e^2x + 1) would lose its digits near 0.
  return map(x, [](Real v) { return std::tanh(v); });
}
Var tanh(Var x) {
  return record("tanh", x, tanh(x.value()), [](Real d, Real y) { return d * (1 - y * y); });
}

}  // namespace minitape
