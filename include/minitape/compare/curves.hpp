// The curves of a comparison: each variant's mean over its seeds, with the standard deviation.
#pragma once

#include <vector>

#include "minitape/compare/chart.hpp"
#include "minitape/compare/compare.hpp"

namespace minitape {

/// Two charts: test accuracy after each epoch, in percent, and training loss by step (the mean of
/// the last kSmoothing batches, thinned out to at most 200 points). A run that diverged has a curve
/// up to there; a point is the mean of the runs that have it.
std::vector<Chart> comparison_charts(const std::vector<VariantHistory>& variants);

}  // namespace minitape
