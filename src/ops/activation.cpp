// Equations and storage layout: minitape/ops/activation.hpp
#include "minitape/ops/activation.hpp"

#include <cmath>

#include "kernels/exponential.hpp"
#include "ops/elementwise.hpp"

namespace minitape {
namespace {

// Records y with dx = gradient(dy, y).
template <class Gradient>
Var record_activation(const char* operation, Var x, Tensor y, Gradient gradient) {
  const auto backward = [=](const Tensor& kept_y, Tensor dy) {
    x.add_gradient(zip(std::move(dy), kept_y, gradient));
  };
  return x.tape().record(operation, {x}, std::move(y), backward);
}

// ---- The functions ----

constexpr auto relu_of = [](Real v) { return v < 0 ? 0 : v; };
constexpr auto sigmoid_of = [](Vector v) { return 1 / (1 + exponential(-v)); };
// From the standard library: 1 − 2 / (e^2x + 1) would lose its digits near 0.
constexpr auto tanh_of = [](Real v) { return std::tanh(v); };

auto leaky_relu_of(Real slope) {
  MINITAPE_CHECK(slope >= 0, "[leaky_relu] the slope must not be negative: got ", slope);
  return [=](Real v) { return v > 0 ? v : slope * v; };
}

}  // namespace

// ---- Without and with a tape ----

Tensor relu(Tensor x) {
  return map(std::move(x), relu_of);
}
Var relu(Var x) {
  return record_activation("relu", x, map(x.value(), relu_of),
                           [](Real d, Real y) { return y > 0 ? d : 0; });
}

Tensor leaky_relu(Tensor x, Real slope) {
  return map(std::move(x), leaky_relu_of(slope));
}
Var leaky_relu(Var x, Real slope) {
  return record_activation("leaky_relu", x, map(x.value(), leaky_relu_of(slope)),
                           [=](Real d, Real y) { return y > 0 ? d : slope * d; });
}

Tensor sigmoid(Tensor x) {
  return map_vectors(x, sigmoid_of);
}
Var sigmoid(Var x) {
  return record_activation("sigmoid", x, map_vectors(x.value(), sigmoid_of),
                           [](Real d, Real y) { return d * y * (1 - y); });
}

Tensor tanh(Tensor x) {
  return map(std::move(x), tanh_of);
}
Var tanh(Var x) {
  return record_activation("tanh", x, map(x.value(), tanh_of),
                           [](Real d, Real y) { return d * (1 - y * y); });
}

}  // namespace minitape
