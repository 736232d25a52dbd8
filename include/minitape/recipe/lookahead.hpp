// Lookahead: a slow copy of the model that the trained one comes back to (M. Zhang et al.,
// "Lookahead Optimizer: k steps forward, 1 step back", 2019).
//
// After every k-th step, and after the last, every parameter and every running statistic w is mixed
// into its slow copy and then replaced by it. With s of S steps done:
//
//   d = decay·(s / S)³        the weight of the slow value: small at first, when it is far behind
//   slow ← slow + (1 − d)·(w − slow)
//   w ← slow
//
// Zhang's weight is constant. The growing one is that of hlb-CIFAR10 (tysam-code, 2023).
#pragma once

#include "minitape/nn/layer.hpp"

namespace minitape {

struct Lookahead {
  Index every = 0;      // k; 0 = none
  double decay = 0.77;  // in [0, 1]

  /// To be called after every step; `steps` counts them, this one included. `slow` is the state of
  /// a copy of the model that was made before the first.
  void after_step(Index steps, Index total_steps, const LayerState& model,
                  const LayerState& slow) const;
};

}  // namespace minitape
