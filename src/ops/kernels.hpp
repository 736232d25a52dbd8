// Where the operations ask for a faster way. Private to the operations.
//
// Each function computes what the plain code beside the equation computes, or declines and returns
// nothing: then the plain code runs. The faster ways are in src/kernels/. A build with
// -DMINITAPE_FAST=OFF leaves that room out, and everything declines.
#pragma once

#include <optional>

#include "minitape/ops/batch_norm.hpp"
#include "minitape/ops/conv2d.hpp"

namespace minitape::kernels {

#ifdef MINITAPE_FAST
inline constexpr bool kBuilt = true;

std::optional<Tensor> conv2d(const ConvSizes& sizes, const Tensor& x, const Tensor& kernel,
                             const Tensor* bias);
std::optional<Tensor> conv2d_input_gradient(const ConvSizes& sizes, const Tensor& dy,
                                            const Tensor& kernel);
std::optional<Tensor> conv2d_kernel_gradient(const ConvSizes& sizes, const Tensor& dy,
                                             const Tensor& x);
std::optional<BatchStatistics> batch_statistics(const Tensor& x);
std::optional<AffineGradients> affine_gradients(const Tensor& dy, const Tensor& x,
                                                const Tensor& mean, const Tensor& inv_std);
std::optional<Tensor> column_sums(const Tensor& x);
std::optional<Tensor> sigmoid(const Tensor& x);
std::optional<Tensor> max_pool(const Tensor& x, const Window& window);
std::optional<Var> record_max_pool(Var x, const Window& window);
#else
inline constexpr bool kBuilt = false;

inline std::optional<Tensor> conv2d(const auto&...) { return {}; }
inline std::optional<Tensor> conv2d_input_gradient(const auto&...) { return {}; }
inline std::optional<Tensor> conv2d_kernel_gradient(const auto&...) { return {}; }
inline std::optional<BatchStatistics> batch_statistics(const auto&...) { return {}; }
inline std::optional<AffineGradients> affine_gradients(const auto&...) { return {}; }
inline std::optional<Tensor> column_sums(const auto&...) { return {}; }
inline std::optional<Tensor> sigmoid(const auto&...) { return {}; }
inline std::optional<Tensor> max_pool(const auto&...) { return {}; }
inline std::optional<Var> record_max_pool(const auto&...) { return {}; }
#endif

}  // namespace minitape::kernels
