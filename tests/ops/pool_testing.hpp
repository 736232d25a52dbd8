// What the tests of pools share.
#pragma once

#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/pool.hpp"

namespace minitape {

/// The gradient of Σ weights·pool(x).
template <class Pool>
Tensor input_gradient(const Tensor& x, const Tensor& weights, Pool pool) {
  Tape tape;
  const Var v = tape.variable(x);
  tape.backward(sum(pool(v) * tape.constant(weights)));
  return v.gradient();
}

/// Windows side by side, overlapping and apart, with every kind of padding.
inline std::vector<PoolOptions> all_options() {
  return {{2},
          {3},
          {2, 1},
          {3, 2},
          {1, 2},
          {2, 3},
          {3, 1, Padding::same()},
          {2, 2, Padding::same()},
          {3, 2, Padding::same()},
          {3, 2, Padding::of(1)},
          {3, 1, Padding::of(2)},
          {6, 4, Padding::of(2)}};
}

}  // namespace minitape
