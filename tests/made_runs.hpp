// Histories of runs as a comparison reads them back, made by hand.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "minitape/compare/compare.hpp"

namespace minitape {

/// A run of 40 steps, of which the first `wrong` get nothing right and the others everything, and
/// of two epochs with these test accuracies.
inline RunHistory run_of(std::size_t wrong, double first, double last) {
  RunHistory run{.step_seconds = std::vector<double>(40, 0.002),
                 .loss = std::vector<double>(40, 0.5),
                 .accuracy = std::vector<double>(40, 1),
                 .epochs = {1, 2},
                 .epoch_steps = {20, 40},
                 .test_accuracy = {first, last},
                 .test_loss = {1, 0.25},
                 .seconds = {1, 2.5},
                 .train_accuracy = {0.5, 0.875},
                 .train_eval_accuracy = {0.625, 0.75}};
  run.steps.resize(40);
  std::iota(run.steps.begin(), run.steps.end(), 1);
  std::fill_n(run.accuracy.begin(), wrong, 0.0);
  run.step_seconds[0] = 9;  // the first step is slow: a mean would show it, a median does not
  return run;
}

inline RunHistory diverged_run(Index step) {
  RunHistory run = run_of(0, 0.1, std::nan(""));
  run.diverged_at = step;
  return run;
}

}  // namespace minitape
