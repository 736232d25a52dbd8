// Where a Sequential asks for a faster way through several layers at once. Private to nn.
//
// Like ops/kernels.hpp, for neighbours: batch norm, relu and a max pool in one pass over memory.
// What fuses with what is known in src/kernels/neighbours.cpp alone. Where nothing fuses, and in a
// build with -DMINITAPE_FAST=OFF, the functions decline, and every layer runs by itself.
#pragma once

#include <optional>

#include "minitape/nn/sequential.hpp"

namespace minitape::kernels {

#ifdef MINITAPE_FAST
/// Sends x through layer i and some after it, and returns how many these were: 0 declines.
std::size_t forward(Sequential& model, std::size_t i, Var& x, Mode mode);
std::size_t predict(const Sequential& model, std::size_t i, Tensor& x);
/// Sends a large batch through all layers in pieces that stay in the cache.
std::optional<Tensor> predict_in_pieces(const Sequential& model, const Tensor& x);
#else
inline std::size_t forward(const auto&...) { return 0; }
inline std::size_t predict(const auto&...) { return 0; }
inline std::optional<Tensor> predict_in_pieces(const auto&...) { return {}; }
#endif

}  // namespace minitape::kernels
