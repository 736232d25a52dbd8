// What a comparison leaves for its readers: table, answer, curves, summary.csv, report.html.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "minitape/compare/compare.hpp"
#include "minitape/compare/fairness.hpp"

namespace minitape {

/// What a comparison is about: all that its runs do not tell.
struct Experiment {
  std::string name;  // of the config: "digits_cnn"
  std::vector<Variation> variations;
  Config config;  // of the first variant, with the first seed
  Fairness fairness;
  std::vector<std::string> command;  // the call word by word, without --out
};

/// Writes summary.csv, the curves and report.html into the folder; prints a plot, the table, the
/// answer and the paths of what it wrote.
void report(const Experiment& experiment, const std::vector<VariantHistory>& variants,
            const std::filesystem::path& folder, std::ostream& out);

}  // namespace minitape
