// Elementwise arithmetic, sums and products of matrices.
//
//   operation         y                    gradient of the loss, given dy
//   add               a + b                da = dy,        db = dy
//   subtract          a − b                da = dy,        db = −dy
//   multiply          a ∘ b                da = dy ∘ b,    db = dy ∘ a
//   scale             s·x                  dx = s·dy
//   sum               Σ xᵢ                 dxᵢ = dy
//   mean              Σ xᵢ / n             dxᵢ = dy / n
//   reshape           x                    dx = dy, in the shape of x
//   matmul            A·B                  dA = dy·Bᵀ,     dB = Aᵀ·dy
//
// Nothing is broadcast: both operands of add, subtract and multiply have the same shape.
#pragma once

#include "minitape/autodiff/tape.hpp"

namespace minitape {

Var add(Var a, Var b);
Var subtract(Var a, Var b);
Var multiply(Var a, Var b);
Var scale(Var x, Real factor);
Var sum(Var x);   // -> ()
Var mean(Var x);  // -> ()
Var reshape(Var x, const Shape& shape);
/// (N, H, W, C) -> (N, H·W·C): all but the batch axis become one.
Var flatten(Var x);
/// (M, K) · (K, N) -> (M, N)
Var matmul(Var a, Var b);

inline Var operator+(Var a, Var b) {
  return add(a, b);
}
inline Var operator-(Var a, Var b) {
  return subtract(a, b);
}
inline Var operator*(Var a, Var b) {
  return multiply(a, b);
}
inline Var operator*(Real factor, Var x) {
  return scale(x, factor);
}

}  // namespace minitape
