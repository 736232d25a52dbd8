#include "minitape/compare/results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "minitape/run/csv.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

VariantResult summarize_variant(const VariantHistory& variant,
                                const std::vector<double>& thresholds) {
  VariantResult result{.name = variant.name, .runs = static_cast<Index>(variant.runs.size())};
  std::vector<double> final_accuracy, best_accuracy, final_loss, step_seconds, seconds;
  std::vector<double> train_accuracy, train_eval_accuracy;
  for (const RunHistory& run : variant.runs) {
    if (run.diverged_at) {
      ++result.diverged;
      result.diverged_at.push_back(*run.diverged_at);
      continue;
    }
    if (run.test_accuracy.empty()) continue;
    final_accuracy.push_back(run.test_accuracy.back());
    best_accuracy.push_back(*std::max_element(run.test_accuracy.begin(), run.test_accuracy.end()));
    final_loss.push_back(run.test_loss.back());
    train_accuracy.push_back(run.train_accuracy.back());
    train_eval_accuracy.push_back(run.train_eval_accuracy.back());
    step_seconds.push_back(median(run.step_seconds));
    seconds.push_back(run.seconds.back());
  }
  result.final_accuracy = mean_sd(final_accuracy);
  result.best_accuracy = mean_sd(best_accuracy);
  result.final_loss = mean_sd(final_loss);
  result.train_accuracy = mean_sd(train_accuracy);
  result.train_eval_accuracy = mean_sd(train_eval_accuracy);
  result.step_seconds = mean_sd(step_seconds);
  result.seconds = mean_sd(seconds);
  for (const double threshold : thresholds) {
    std::vector<double> steps;
    for (const RunHistory& run : variant.runs) {
      if (!run.diverged_at) steps.push_back(steps_to_reach(run, threshold));
    }
    result.steps_to.push_back(mean_sd(steps));
  }
  return result;
}

// Whether there is a final accuracy to compare.
bool is_measured(const RunHistory& run) {
  return !run.diverged_at && !run.test_accuracy.empty();
}

}  // namespace

MeanSd mean_sd(const std::vector<double>& values) {
  MeanSd result{kNaN, kNaN, 0};
  double sum = 0, squares = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++result.count;
  }
  if (result.count == 0) return result;
  result.mean = sum / static_cast<double>(result.count);
  for (const double value : values) {
    if (!std::isnan(value)) squares += (value - result.mean) * (value - result.mean);
  }
  if (result.count > 1) result.sd = std::sqrt(squares / static_cast<double>(result.count - 1));
  return result;
}

double steps_to_reach(const RunHistory& run, double threshold) {
  double window = 0;  // sum over the last kSmoothing steps
  for (std::size_t i = 0; i < run.accuracy.size(); ++i) {
    window += run.accuracy[i];
    if (i >= kSmoothing) window -= run.accuracy[i - kSmoothing];
    const bool full = i + 1 >= kSmoothing;
    if (full && window >= threshold * static_cast<double>(kSmoothing) - 1e-9) return run.steps[i];
  }
  return kNaN;
}

Comparison summarize_runs(const std::vector<VariantHistory>& variants) {
  Comparison comparison;
  for (const double threshold : {.2, .3, .4, .5, .6, .7, .8, .9, .95, .97, .98, .99, .995}) {
    bool reached = false;
    for (const VariantHistory& variant : variants) {
      for (const RunHistory& run : variant.runs) {
        reached |= !run.diverged_at && !std::isnan(steps_to_reach(run, threshold));
      }
    }
    if (reached) comparison.thresholds.push_back(threshold);
  }
  auto& thresholds = comparison.thresholds;
  if (thresholds.size() > 3) thresholds.erase(thresholds.begin(), thresholds.end() - 3);
  for (const VariantHistory& variant : variants) {
    comparison.variants.push_back(summarize_variant(variant, thresholds));
  }
  return comparison;
}

MeanSd paired_difference(const VariantHistory& a, const VariantHistory& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.runs.size() && i < b.runs.size(); ++i) {
    if (!is_measured(a.runs[i]) || !is_measured(b.runs[i])) continue;
    differences.push_back(a.runs[i].test_accuracy.back() - b.runs[i].test_accuracy.back());
  }
  return mean_sd(differences);
}

double half_interval(const MeanSd& value) {
  // Student's t for 2, 3, … 10 degrees of freedom, 97.5 %; more get the last, which is a bit strict.
  constexpr std::array kStudent{4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  if (value.count < 3) return kNaN;
  const double t = kStudent[std::min(value.count - 3, kStudent.size() - 1)];
  return t * value.sd / std::sqrt(static_cast<double>(value.count));
}

bool is_clear(const MeanSd& difference) {
  constexpr double kSame = 1e-9;  // deviations that rounding alone can leave
  return difference.sd > kSame && std::abs(difference.mean) > half_interval(difference);
}

void write_summary_csv(const std::filesystem::path& path, const Comparison& comparison) {
  std::vector<std::string> columns{"variant", "runs", "diverged"};
  for (const char* name : {"final_test_accuracy", "best_test_accuracy", "final_test_loss"}) {
    columns.push_back(std::string(name) + "_mean");
    columns.push_back(std::string(name) + "_sd");
  }
  for (const double threshold : comparison.thresholds) {
    columns.push_back("steps_to_" + number_text(threshold));
    columns.push_back("runs_to_" + number_text(threshold));
  }
  columns.insert(columns.end(), {"seconds_per_step", "seconds"});
  CsvWriter csv(path, columns);
  for (const VariantResult& v : comparison.variants) {
    std::string name = v.name;
    std::replace(name.begin(), name.end(), ',', ';');
    std::vector<std::string> row{name, std::to_string(v.runs), std::to_string(v.diverged)};
    for (const MeanSd& value : {v.final_accuracy, v.best_accuracy, v.final_loss}) {
      row.push_back(number_text(value.mean));
      row.push_back(number_text(value.sd));
    }
    for (const MeanSd& steps : v.steps_to) {
      row.push_back(number_text(steps.mean));
      row.push_back(std::to_string(steps.count));
    }
    row.push_back(number_text(v.step_seconds.mean));
    row.push_back(number_text(v.seconds.mean));
    csv.row(row);
  }
}

std::string fixed_or_dash(double value, int digits) {
  return std::isnan(value) ? "-" : fixed(value, digits);
}

// "98.43 ± 0.12", without the second part where there is only one run.
std::string with_spread(const MeanSd& value, double factor, int digits) {
  std::string text = fixed_or_dash(factor * value.mean, digits);
  if (value.count > 1) text += " ± " + fixed(factor * value.sd, digits);
  return text;
}

}  // namespace minitape
