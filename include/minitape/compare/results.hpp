// The numbers of a comparison: from the runs of the variants to means, deviations and differences.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/compare/compare.hpp"

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
  MeanSd train_accuracy, train_eval_accuracy;        // of the last epoch, as in metrics.csv
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

/// Final test accuracy of `a` minus that of `b`, a part of 1, over the seeds that both completed.
MeanSd paired_difference(const VariantHistory& a, const VariantHistory& b);

/// The 95 % interval of the mean is mean ± this (Student's t). NaN for fewer than three values.
double half_interval(const MeanSd& value);

/// Whether a difference is more than chance between seeds explains: the 95 % interval of its mean
/// leaves out 0. Never for fewer than three pairs, nor where every pair says the same: then the
/// seeds change nothing and tell nothing about chance.
bool is_clear(const MeanSd& difference);

/// A row per variant: means and deviations as parts of 1, steps and seconds.
void write_summary_csv(const std::filesystem::path& path, const Comparison& comparison);

/// "98.43", with `digits` after the point; "-" for NaN.
std::string fixed_or_dash(double value, int digits);
/// "98.43 ± 0.12": mean and deviation times `factor`, without the second where there is one run.
std::string with_spread(const MeanSd& value, double factor, int digits);

}  // namespace minitape
