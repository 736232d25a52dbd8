// Where the recipe asks for a faster way: like ops/kernels.hpp, which explains it.
#pragma once

#include <numbers>
#include <optional>

#include "minitape/core/tensor.hpp"

namespace minitape {

inline constexpr auto kGeluLinear =
    static_cast<Real>(2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
inline constexpr auto kGeluCubic = static_cast<Real>(0.044715);

// 2u of GELU (recipe/layers.hpp), and dy/dx where s = sigmoid(2u): of one number, or of a vector.
auto gelu_argument(const auto& x) { return kGeluLinear * x * (1 + kGeluCubic * x * x); }
auto gelu_slope(const auto& x, const auto& s) {
  return s + x * s * (1 - s) * kGeluLinear * (1 + 3 * kGeluCubic * x * x);
}

namespace kernels {
#ifdef MINITAPE_FAST
std::optional<Tensor> gelu(const Tensor& x);
std::optional<Tensor> gelu_gradient(const Tensor& x, Tensor& dy);  // in dy's memory
#else
inline std::optional<Tensor> gelu(const auto&...) { return {}; }
inline std::optional<Tensor> gelu_gradient(const auto&...) { return {}; }
#endif
}  // namespace kernels

}  // namespace minitape
