// Equations and storage layout: minitape/ops/activation.hpp
#include "minitape/ops/activation.hpp"

#include <cmath>

#include "ops/elementwise.hpp"

namespace minitape {
namespace {

// Records y = f(x) with dx = dy·slope(y).
template <class Slope>
Var record_activation(const char* operation, Var x, Tensor y, Slope slope) {
  return x.tape().record(operation, {x}, std::move(y), [=](const Tensor& result, Tensor dy) {
    x.add_gradient(zip(std::move(dy), result, [=](Real d, Real v) { return d * slope(v); }));
  });
}

void check_slope(Real slope) {
  MINITAPE_CHECK(slope >= 0, "[leaky_relu] the slope must not be negative: got ", slope);
}

}  // namespace

Tensor relu(Tensor x) {
  return map(std::move(x), [](Real v) { return v < 0 ? 0 : v; });
}

Var relu(Var x) {
  return record_activation("relu", x, relu(x.value()),
                           [](Real y) { return static_cast<Real>(y > 0); });
}

Tensor leaky_relu(Tensor x, Real slope) {
  check_slope(slope);
  return map(std::move(x), [=](Real v) { return v > 0 ? v : slope * v; });
}

Var leaky_relu(Var x, Real slope) {
  return record_activation("leaky_relu", x, leaky_relu(x.value(), slope),
                           [=](Real y) { return y > 0 ? 1 : slope; });
}

Tensor sigmoid(Tensor x) {
  return map(std::move(x), [](Real v) { return 1 / (1 + std::exp(-v)); });
}

Var sigmoid(Var x) {
  return record_activation("sigmoid", x, sigmoid(x.value()), [](Real y) { return y * (1 - y); });
}

Tensor tanh(Tensor x) {
  return map(std::move(x), [](Real v) { return std::tanh(v); });
}

Var tanh(Var x) {
  return record_activation("tanh", x, tanh(x.value()), [](Real y) { return 1 - y * y; });
}

}  // namespace minitape
