// What a comparison says: the table, summary.csv, the curves.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "minitape/experiment/compare.hpp"

namespace minitape {

/// Mean and sample standard deviation (divided by n − 1; NaN for one value) of the values that are
/// numbers.
struct MeanSd {
  double mean = 0, sd = 0;
  std::size_t count = 0;
};
MeanSd mean_sd(const std::vector<double>& values);

/// One variant in numbers. Runs that diverged count in `diverged` and nowhere else.
struct VariantResult {
  std::string name;
  Index runs = 0, diverged = 0;
  std::vector<Index> diverged_at;                    // steps
  MeanSd final_accuracy, best_accuracy, final_loss;  // on the test set
  std::vector<MeanSd> steps_to;  // one per threshold; only of runs that reached it
  MeanSd step_seconds;           // median step of each run
  MeanSd seconds;                // of a whole run
};

struct Comparison {
  std::vector<double> thresholds;  // accuracies, in increasing order
  std::vector<VariantResult> variants;
};

/// The number of the first step at which the mean accuracy of the last `kSmoothing` training
/// batches is at least `threshold`; NaN when that never happens. In the first epoch these batches
/// are new to the model, so there this is as fair as a test set and finer than one look per epoch.
inline constexpr std::size_t kSmoothing = 20;
double steps_to_reach(const RunHistory& run, double threshold);

/// The thresholds are the three highest of 20, 30, … 90, 95, 97, 98, 99, 99.5 % that some run
/// reached.
Comparison summarize_runs(const std::vector<VariantHistory>& variants);

/// The table for the terminal, with a paired difference below it where there are two variants.
std::string to_table(const Comparison& comparison, const std::vector<VariantHistory>& variants);

/// A row per variant: means and deviations as parts of 1, steps and seconds.
void write_summary_csv(const std::filesystem::path& path, const Comparison& comparison);

/// Writes summary.csv and the curves into the folder; prints the table, a plot and where all is.
void report(const std::vector<VariantHistory>& variants, const Fairness& fairness,
            const std::filesystem::path& folder, std::ostream& out);

}  // namespace minitape
