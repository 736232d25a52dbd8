// Loops over the elements of equally shaped tensors. Private to the operations.
#pragma once

#include <algorithm>
#include <utility>

#include "kernels/vectors.hpp"
#include "minitape/core/parallel.hpp"

namespace minitape {

/// y[i] = f(x[i]) for all i. A tensor that is moved in is overwritten and handed back.
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
template <class Function>
Tensor map(Tensor&& x, Function f) {
  Real* const values = x.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) values[i] = f(values[i]);
  });
  return std::move(x);
}

/// The same for a function of vectors, always into a new tensor. The last numbers fill up a vector
/// with zeros, so that what becomes of a number does not depend on where it stands.
template <class Function>
Tensor map_vectors(const Tensor& x, Function f) {
  Tensor y = Tensor::uninitialized(x.shape());
  const Real* const from = x.data();
  Real* const to = y.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    Index i = begin;
    for (; i + kLanes <= end; i += kLanes) store(to + i, f(load<Vector>(from + i)));
    Vector last{};
    std::copy(from + i, from + end, reinterpret_cast<Real*>(&last));
    last = f(last);
    std::copy_n(reinterpret_cast<Real*>(&last), end - i, to + i);
  });
  return y;
}

/// z[i] = f(x[i], y[i]), likewise.
template <class Function>
Tensor zip(const Tensor& x, const Tensor& y, Function f) {
  Tensor z = Tensor::uninitialized(x.shape());
  const Real *const a = x.data(), *const b = y.data();
  Real* const to = z.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) to[i] = f(a[i], b[i]);
  });
  return z;
}
template <class Function>
Tensor zip(Tensor&& x, const Tensor& y, Function f) {
  Real* const values = x.data();
  const Real* const others = y.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) values[i] = f(values[i], others[i]);
  });
  return std::move(x);
}

}  // namespace minitape
