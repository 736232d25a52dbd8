// Lookahead: a slow copy of the model that the trained one comes back to (M. Zhang et al.,
// "Lookahead Optimizer: k steps forward, 1 step back", 2019).
//
// After every k-th step, and after the last, every parameter and every running statistic w meets
// its slow copy. With s of S steps done:
//
//   d = decay·(s / S)³        the weight of the slow value: small at first, when it is far behind
//   slow ← slow + (1 − d)·(w − slow)
//   w ← slow
//
// The growing weight is K. Jordan's ("94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024).
#pragma once

#include "minitape/nn/layer.hpp"

namespace minitape {

struct LookaheadOptions {
  Index every = 0;      // k; 0 = no lookahead, and no slow copy
  double decay = 0.77;  // in [0, 1]
};

class Lookahead {
 public:
  /// What the state points to must outlive this object and stay where it is.
  Lookahead(const LayerState& state, LookaheadOptions options, Index total_steps);

  /// To be called after every step; `steps` counts them, this one included.
  void after_step(Index steps);

  /// The tensors of the state, parameters first; empty without lookahead.
  const std::vector<std::string>& names() const { return names_; }
  std::vector<Tensor>& slow() { return slow_; }  // one for each
  const std::vector<Tensor>& slow() const { return slow_; }

 private:
  LookaheadOptions options_;
  Index total_steps_;
  std::vector<std::string> names_;
  std::vector<Tensor*> fast_;
  std::vector<Tensor> slow_;
};

}  // namespace minitape
