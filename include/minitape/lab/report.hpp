// What an experiment leaves for its readers: table.csv, the figure, a section of a page.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "minitape/compare/chart.hpp"
#include "minitape/lab/results.hpp"

namespace minitape {

/// A chart for each panel: a curve for each variant over epochs, steps or layers; or, over a varied
/// key, a curve for each setting of the others. Points are means over the seeds with their standard
/// deviation. On a logarithmic axis they are those of the logarithms to base 10.
std::vector<Chart> lab_charts(const LabExperiment& experiment,
                              const std::vector<VariantHistory>& variants);

/// Writes table.csv, curves.svg, curves.png with gnuplot's files, and section.md into the folder;
/// prints the table and the verdicts. `expected` has what the reader expected of each claim, or is
/// empty.
void lab_report(const LabExperiment& experiment, const std::vector<VariantHistory>& variants,
                const std::string& fairness, const std::vector<std::string>& expected,
                const std::filesystem::path& folder, std::ostream& out);

}  // namespace minitape
