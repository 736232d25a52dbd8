// Dropout (N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
// Overfitting", 2014), in the form that leaves inference alone:
//
//   y = mask·x / (1 − rate), mask 0 with probability rate, else 1        dx = mask·dy / (1 − rate)
#pragma once

#include "minitape/autodiff/tape.hpp"
#include "minitape/core/random.hpp"

namespace minitape {

/// Draws one mask from `random`. rate is the probability to drop an element, in [0, 1).
Var dropout(Var x, double rate, Random random);

}  // namespace minitape
