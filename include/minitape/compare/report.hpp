// What a comparison leaves for its readers: the table, summary.csv, the curves, report.html.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "minitape/compare/answer.hpp"

namespace minitape {

/// The table for the terminal, with a paired difference below it where there are two variants.
std::string to_table(const Comparison& comparison, const std::vector<VariantHistory>& variants);

/// Writes summary.csv, the curves and report.html into the folder; prints the table, a plot and
/// where all is.
void report(const Experiment& experiment, const std::vector<VariantHistory>& variants,
            const std::filesystem::path& folder, std::ostream& out);

}  // namespace minitape
