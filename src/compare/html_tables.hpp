// The tables of report.html.
#pragma once

#include <string>
#include <vector>

#include "minitape/compare/results.hpp"

namespace minitape {

/// All that summary.csv holds: a column per variant. The exact numbers are the values of <data>.
std::string results_table(const Comparison& comparison);

/// The final test accuracy of each run: a row per seed. With two variants also their difference.
std::string seeds_table(const std::vector<VariantHistory>& variants);

/// Accuracies of the last epoch: as seen while training, on training images in inference, on test
/// images. A row per variant.
std::string diagnosis_table(const Comparison& comparison);

}  // namespace minitape
