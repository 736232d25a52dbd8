// Mean squared error of outputs y against targets t of the same shape.
//
//   loss = Σ (y − t)² / size        dy = 2·(y − t) / size
#pragma once

#include "minitape/autodiff/tape.hpp"

namespace minitape {

/// Mean over all elements -> (). The target is a constant and gets no gradient.
Var mean_squared_error(Var y, const Tensor& target);

}  // namespace minitape
