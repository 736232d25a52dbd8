// Dense (fully connected): y = x·W + b.
//
//   x (N, in), kernel W (in, out), bias b (out) -> y (N, out)
//
//   dx = dy·Wᵀ        dW = xᵀ·dy        db = Σₙ dyₙ
#pragma once

#include <optional>

#include "minitape/autodiff/tape.hpp"

namespace minitape {

Tensor dense(const Tensor& x, const Tensor& kernel, const Tensor* bias);
Var dense(Var x, Var kernel, std::optional<Var> bias);

}  // namespace minitape
