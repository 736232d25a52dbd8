// The numbers of runs: means and deviations over seeds, differences between pairs of runs.
#pragma once

#include <cstddef>
#include <vector>

#include "minitape/compare/compare.hpp"

namespace minitape {

/// Mean and sample standard deviation (divided by n − 1; NaN for a single value) of those values
/// that are not NaN.
struct MeanSd {
  double mean = 0, sd = 0;
  std::size_t count = 0;  // of the values
};
MeanSd mean_sd(const std::vector<double>& values);

/// The 95 % interval of the mean is mean ± this (Student's t). NaN for fewer than three values.
double half_interval(const MeanSd& value);

/// Final test accuracy of `a` minus that of `b`, a part of 1, over the seeds that both completed.
MeanSd paired_difference(const VariantHistory& a, const VariantHistory& b);

/// The first step at which the mean accuracy of the last kSmoothing training batches is at least
/// `threshold`; NaN when that never happens. In the first epoch the model has not seen these
/// batches before: there this is as fair as a test set, and finer than one look per epoch.
inline constexpr std::size_t kSmoothing = 20;
double steps_to_reach(const RunHistory& run, double threshold);

}  // namespace minitape
