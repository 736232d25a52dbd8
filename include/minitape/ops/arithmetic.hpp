// Elementwise arithmetic, sums and products of matrices.
//
//   operation         y                    gradient of the loss, given dy
//   add               a + b                da = dy,        db = dy
//   subtract          a − b                da = dy,        db = −dy
//   multiply          a ∘ b                da = dy ∘ b,    db = dy ∘ a
//   scale             s·x                  dx = s·dy
//   sum               Σ xᵢ                 dxᵢ = dy
//   reshape           x                    dx = dy, in the shape of x
//   matmul            A·B                  dA = dy·Bᵀ,     dB = Aᵀ·dy
//
// Nothing is broadcast: both operands of add, subtract and multiply have the same shape.
#pragma once

#include "minitape/autodiff/tape.hpp"
#include "minitape/core/random.hpp"

namespace minitape {

Var add(Var a, Var b);
Var subtract(Var a, Var b);
Var multiply(Var a, Var b);
Var scale(Var x, Real factor);
Var sum(Var x);   // -> ()
Var mean(Var x);  // Σ xᵢ / n -> ()
Var reshape(Var x, const Shape& shape);
/// (N, H, W, C) -> (N, H·W·C): all but the batch axis become one.
Var flatten(Var x);
Tensor flatten(const Tensor& x);
/// (M, K) · (K, N) -> (M, N)
Var matmul(Var a, Var b);
/// x·mask / (1 − rate), with a mask drawn from `random` that is 0 with probability rate, in [0, 1),
/// else 1 (N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
/// Overfitting", 2014, in the form that leaves inference alone).
Var dropout(Var x, double rate, Random random);
/// The mean of (y − t)² over all elements -> (). The target t is a constant of the shape of y.
Var mean_squared_error(Var y, Tensor target);

inline Var operator+(Var a, Var b) { return add(a, b); }               // as add
inline Var operator-(Var a, Var b) { return subtract(a, b); }          // as subtract
inline Var operator*(Var a, Var b) { return multiply(a, b); }          // as multiply
inline Var operator*(Real factor, Var x) { return scale(x, factor); }  // as scale

}  // namespace minitape
