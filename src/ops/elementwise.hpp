// Loops over the elements of equally shaped tensors. Private to the operations.
#pragma once

#include "minitape/core/parallel.hpp"

namespace minitape {

/// x[i] = f(x[i]) for all i, in place.
template <class Function>
Tensor map(Tensor x, Function f) {
  Real* const values = x.data();
  parallel_for(x.size(), kElementGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) values[i] = f(values[i]);
  });
  return x;
}

/// x[i] = f(x[i], y[i]) for all i, in place in x.
template <class Function>
Tensor zip(Tensor x, const Tensor& y, Function f) {
  Real* const values = x.data();
  const Real* const others = y.data();
  parallel_for(x.size(), kElementGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) values[i] = f(values[i], others[i]);
  });
  return x;
}

}  // namespace minitape
