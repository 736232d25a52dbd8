// Learning-rate schedules: pure functions of the step, so that resuming needs no state.
//
// With peak rate η, step s = 0, 1, …, S − 1 and S steps in all:
//
//   constant    η
//   step        η·factorᵏ, k = ⌊s / every⌋
//   cosine      η·(1 + cos(π·(s − w) / (S − w))) / 2
//   one_cycle   from η/div_factor up to η, then down to η/div_factor/final_div_factor, along half
//               cosines or straight lines (L. Smith and N. Topin, 2017; PyTorch's OneCycleLR)
//
// The first three can warm up: for s < w = warmup_steps the rate is η·(s + 1) / w. For one_cycle
// warmup_steps is the length of the way up, in place of warmup_fraction·S.
#pragma once

#include "minitape/core/tensor.hpp"

namespace minitape {

struct Schedule {  // the letters are those of the top
  enum class Kind { constant, step, cosine, one_cycle };
  Kind kind = Kind::constant;
  double peak = 0.1;       // η
  Index total_steps = 1;   // S
  Index warmup_steps = 0;  // w
  Index every = 1;         // step: steps between two drops
  double factor = 0.1;     // step
  double warmup_fraction = 0.3, div_factor = 25, final_div_factor = 1e4;  // one_cycle
  bool linear = false;                                                    // one_cycle

  /// The rate of a step. Steps beyond the last get the last one's.
  double learning_rate(Index step) const;
};

}  // namespace minitape
