// Loops over the elements of equally shaped tensors. Private to the operations.
#pragma once

#include "minitape/core/parallel.hpp"

namespace minitape {

/// y[i] = f(x[i]) for all i, in a new tensor.
template <class Function>
Tensor map(const Tensor& x, Function f) {
  Tensor y = Tensor::uninitialized(x.shape());
  const Real* const from = x.data();
  Real* const to = y.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) to[i] = f(from[i]);
  });
  return y;
}

/// x[i] = f(x[i], y[i]) for all i, in x itself, which is handed back: backward functions own the
/// gradient they are given and may overwrite it.
template <class Function>
Tensor zip(Tensor x, const Tensor& y, Function f) {
  Real* const values = x.data();
  const Real* const others = y.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) values[i] = f(values[i], others[i]);
  });
  return x;
}

}  // namespace minitape
