// The sentences that an answer is made of.
#pragma once

#include <string>
#include <vector>

#include "minitape/compare/results.hpp"

namespace minitape {

/// "+1.23 ± 0.40 points (3 pairs)", from a part of 1.
std::string points(const MeanSd& difference);

/// How far chance explains a difference of at least one pair.
std::string about_chance(const MeanSd& difference);

/// How many steps it was to the highest threshold that all completed runs of one of the two
/// reached, and how long a step took.
std::string about_speed(const std::vector<double>& thresholds, const VariantResult& first,
                        const VariantResult& second);

/// Which of its runs diverged, and when.
std::string about_divergence(const VariantResult& result);

/// "batch_norm = true gets 98.43 ± 0.12 %"
std::string at_the_end(const VariantResult& result);

}  // namespace minitape
