// Two operations for the tests of the tape, so that this chapter is tested without the next one.
#pragma once

#include "minitape/autodiff/tape.hpp"

namespace minitape {

/// a ∘ b
inline Var times(Var a, Var b) {
  Tensor y = a.value();
  for (Index i = 0; i < y.size(); ++i) y[i] *= b.value()[i];
  return a.tape().record("times", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    Tensor da = dy, db = dy;
    for (Index i = 0; i < dy.size(); ++i) {
      da[i] *= b.value()[i];
      db[i] *= a.value()[i];
    }
    a.add_gradient(da);
    b.add_gradient(db);
  });
}

/// a + b
inline Var plus(Var a, Var b) {
  Tensor y = a.value();
  y.add(b.value());
  return a.tape().record("plus", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    a.add_gradient(dy);
    b.add_gradient(dy);
  });
}

/// A parameter of one element.
inline Parameter parameter_of(Real value) {
  Parameter parameter("w", Role::kernel, {});
  parameter.value.fill(value);
  return parameter;
}

}  // namespace minitape
