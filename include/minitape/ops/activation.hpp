// Activations: one function for every element.
//
//   operation     y                       dx, given dy and y
//   relu          max(x, 0)               dy where y > 0, else 0
//   leaky_relu    x > 0 ? x : slope·x     dy where y > 0, else slope·dy
//   sigmoid       1 / (1 + e⁻ˣ)           dy·y·(1 − y)
//   tanh          tanh x                  dy·(1 − y²)
//
// All four gradients can be told from the result y, so x need not be kept. At its corner the
// gradient of relu is taken as 0 and that of leaky_relu as its slope. A NaN stays a NaN: values
// that have gone wrong are not hidden.
//
// Each comes twice: on plain tensors for inference, and on the tape for training.
#pragma once

#include "minitape/autodiff/tape.hpp"

namespace minitape {

Tensor relu(const Tensor& x);
Var relu(Var x);

/// slope must not be negative, otherwise the sign of x could not be told from y.
Tensor leaky_relu(const Tensor& x, Real slope);
Var leaky_relu(Var x, Real slope);

Tensor sigmoid(const Tensor& x);
Var sigmoid(Var x);

Tensor tanh(const Tensor& x);
Var tanh(Var x);

}  // namespace minitape
