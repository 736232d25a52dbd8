// Runs as an experiment reads them: folders with tables of a few numbers.
#pragma once

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "minitape/lab/results.hpp"
#include "temporary_folder.hpp"

namespace minitape {

/// A folder of runs, removed at the end.
class MadeRuns {
 public:
  /// A run with such files: {"metrics.csv", "epoch,loss\n1,0.5\n"}.
  RunHistory run(const std::vector<std::pair<std::string, std::string>>& files) {
    RunHistory made{.folder = folder_.path() / std::to_string(++count_)};
    std::filesystem::create_directory(made.folder);
    for (const auto& [name, text] : files) std::ofstream(made.folder / name) << text;
    return made;
  }

  /// A variant whose runs, one for each seed, have metrics.v = that number in one epoch. NaN: the
  /// run diverged in its first step and has no epoch.
  VariantHistory variant(const std::string& name, const std::vector<double>& values) {
    VariantHistory made{name, {}};
    for (const double value : values) {
      made.runs.push_back(run(
          {{"metrics.csv", std::isnan(value) ? "epoch,v\n" : concat("epoch,v\n1,", value, "\n")}}));
      if (std::isnan(value)) made.runs.back().diverged_at = 1;
    }
    return made;
  }

 private:
  TemporaryFolder folder_;
  int count_ = 0;
};

}  // namespace minitape
