// What a comparison leaves for its readers: table, answer, curves, summary.csv, report.html.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "minitape/compare/compare.hpp"
#include "minitape/compare/results.hpp"

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

/// The page, from the template report.html. It needs no other file, no network and no script.
/// `svg` is the picture of the curves; where it is "", the page says `problem` instead. The same
/// runs give the same bytes: there is no date in it but those that the runs recorded.
std::string report_page(const Experiment& experiment, const std::vector<VariantHistory>& variants,
                        const Table& table, const std::vector<std::string>& answer,
                        const std::string& svg, const std::string& problem);

}  // namespace minitape
