#include "minitape/recipe/layers.hpp"

#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "ops/loops.hpp"
#include "recipe/kernels.hpp"

namespace minitape {
namespace {

// s = sigmoid(2u)
Tensor gate(const Tensor& x) {
  return sigmoid(map(x, [](Real v) { return gelu_argument(v); }));
}

Tensor gelu_gradient(const Tensor& x, Tensor dy) {
  if (auto dx = kernels::gelu_gradient(x, dy)) return *std::move(dx);
  const Tensor slope = zip(gate(x), x, [](Real s, Real v) { return gelu_slope(v, s); });
  return zip(std::move(dy), slope, [](Real d, Real by) { return d * by; });
}

}  // namespace

Tensor gelu(const Tensor& x) {
  if (auto y = kernels::gelu(x)) return *std::move(y);
  return zip(gate(x), x, [](Real s, Real v) { return v * s; });
}

Var gelu(Var x) {
  return x.tape().record("gelu", {x}, gelu(x.value()), [x](const Tensor&, Tensor dy) {
    x.add_gradient(gelu_gradient(x.value(), std::move(dy)));
  });
}

Var Scale::forward(Var x, Mode) { return scale(x, factor_); }

Tensor Scale::predict(const Tensor& x) const {
  return map(x, [factor = factor_](Real v) { return factor * v; });
}

}  // namespace minitape
