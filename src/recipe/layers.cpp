#include "minitape/recipe/layers.hpp"

#include <cmath>
#include <numbers>

#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "ops/loops.hpp"

namespace minitape {
namespace {

// 2·√(2/π)
const auto kTwice = static_cast<Real>(2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
constexpr auto kCube = static_cast<Real>(0.044715);

// s = sigmoid(2u)
Tensor gate(const Tensor& x) {
  return sigmoid(map(x, [](Real v) { return kTwice * v * (1 + kCube * v * v); }));
}

}  // namespace

Tensor gelu(const Tensor& x) {
  return zip(gate(x), x, [](Real s, Real v) { return v * s; });
}

Var gelu(Var x) {
  const auto backward = [x](const Tensor&, Tensor dy) {
    Tensor slope = zip(gate(x.value()), x.value(), [](Real s, Real v) {
      return s + v * s * (1 - s) * kTwice * (1 + 3 * kCube * v * v);
    });
    x.add_gradient(zip(std::move(dy), slope, [](Real d, Real by) { return d * by; }));
  };
  return x.tape().record("gelu", {x}, gelu(x.value()), backward);
}

Var Scale::forward(Var x, Mode) { return scale(x, factor_); }

Tensor Scale::predict(const Tensor& x) const {
  return map(x, [factor = factor_](Real v) { return factor * v; });
}

}  // namespace minitape
