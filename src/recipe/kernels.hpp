// Where the recipe asks for a faster way: like ops/kernels.hpp, which explains it.
#pragma once

#include <numbers>
#include <optional>

#include "minitape/core/tensor.hpp"

namespace minitape {

// 2u = linear·(x + cubic·x³) of GELU: recipe/layers.hpp
inline constexpr auto kGeluLinear =
    static_cast<Real>(2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
inline constexpr auto kGeluCubic = static_cast<Real>(0.044715);

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
