#include "minitape/experiment/report.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>

#include "minitape/experiment/csv.hpp"
#include "minitape/experiment/curves.hpp"
#include "minitape/experiment/plot.hpp"
#include "minitape/experiment/terminal_plot.hpp"

namespace minitape {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double median(std::vector<double> values) {
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string fixed(double value, int digits) {
  if (std::isnan(value)) return "-";
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

// "98.43 ± 0.12", without the second part where there is only one run.
std::string with_spread(const MeanSd& value, double factor, int digits) {
  std::string text = fixed(factor * value.mean, digits);
  if (value.count > 1) text += " ± " + fixed(factor * value.sd, digits);
  return text;
}

VariantResult summarize_variant(const VariantHistory& variant,
                                const std::vector<double>& thresholds) {
  VariantResult result{.name = variant.name, .runs = static_cast<Index>(variant.runs.size())};
  std::vector<double> final_accuracy, best_accuracy, final_loss, step_seconds, seconds;
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
    step_seconds.push_back(median(run.step_seconds));
    seconds.push_back(run.seconds.back());
  }
  result.final_accuracy = mean_sd(final_accuracy);
  result.best_accuracy = mean_sd(best_accuracy);
  result.final_loss = mean_sd(final_loss);
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

// Width on the screen: bytes that start a character.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Columns as wide as their widest cell; the first to the left, the others to the right.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - width(row[c]), ' ');
      text += c == 0 ? row[c] + padding : "   " + padding + row[c];
    }
    text += "\n";
  }
  return text;
}

// "a − b: +1.20 ± 0.31 points", over the seeds that both have completed.
std::string paired_difference(const VariantHistory& a, const VariantHistory& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.runs.size() && i < b.runs.size(); ++i) {
    const bool both = !a.runs[i].diverged_at && !b.runs[i].diverged_at &&
                      !a.runs[i].test_accuracy.empty() && !b.runs[i].test_accuracy.empty();
    if (both)
      differences.push_back(a.runs[i].test_accuracy.back() - b.runs[i].test_accuracy.back());
  }
  if (differences.empty()) return "";
  const MeanSd difference = mean_sd(differences);
  return concat(a.name, " minus ", b.name, ", seed by seed: ", difference.mean < 0 ? "" : "+",
                with_spread(difference, 100, 2), " points of final test accuracy (",
                difference.count, difference.count == 1 ? " pair)\n" : " pairs)\n");
}

std::string caption(const std::vector<VariantHistory>& variants, const Fairness& fairness) {
  const std::size_t runs = variants.front().runs.size();
  std::string text =
      runs == 1 ? "One seed." : concat("Mean and standard deviation of ", runs, " seeds.");
  if (fairness.same_weights) text += " Same initial weights within a seed.";
  if (fairness.same_batches) text += " Same batches and augmentation.";
  return text;
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

std::string to_table(const Comparison& comparison, const std::vector<VariantHistory>& variants) {
  std::vector<std::string> header{"", "test accuracy %", "best %", "test loss"};
  for (const double threshold : comparison.thresholds) {
    header.push_back("steps to " + number_text(std::round(threshold * 1000) / 10) + " %");
  }
  header.insert(header.end(), {"ms / step", "seconds"});
  std::vector<std::vector<std::string>> rows{header};
  std::string diverged;
  for (const VariantResult& v : comparison.variants) {
    std::vector<std::string> row{v.name, with_spread(v.final_accuracy, 100, 2),
                                 with_spread(v.best_accuracy, 100, 2),
                                 with_spread(v.final_loss, 1, 4)};
    for (const MeanSd& steps : v.steps_to) {
      row.push_back(with_spread(steps, 1, 0));
      const auto runs = static_cast<std::size_t>(v.runs);
      if (steps.count > 0 && steps.count < runs)
        row.back() += concat(" (", steps.count, " of ", runs, ")");
    }
    row.push_back(fixed(1000 * v.step_seconds.mean, 2));
    row.push_back(fixed(v.seconds.mean, 1));
    rows.push_back(row);
    for (const Index step : v.diverged_at) {
      diverged += concat(v.name, ": diverged at step ", step, "\n");
    }
  }
  std::string text = aligned(rows) + diverged;
  const std::size_t runs = variants.front().runs.size();
  if (runs == 1) {
    text += "One seed: differences may be chance; try --seeds 3.\n";
  } else {
    text += concat("Mean ± standard deviation over ", runs, " seeds.\n");
  }
  if (!comparison.thresholds.empty()) {
    text += concat("Steps to x %: the first step at which the last ", kSmoothing,
                   " training batches average x %, each before its update.\n");
  }
  if (variants.size() == 2) text += paired_difference(variants[1], variants[0]);
  return text;
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

void report(const std::vector<VariantHistory>& variants, const Fairness& fairness,
            const std::filesystem::path& folder, std::ostream& out) {
  const Comparison comparison = summarize_runs(variants);
  write_summary_csv(folder / "summary.csv", comparison);
  const std::vector<Chart> charts = comparison_charts(variants);
  const std::string problem = write_curves(folder, charts, caption(variants, fairness));

  out << "\n" << terminal_plot(charts[0], 72, 16) << "\n" << to_table(comparison, variants) << "\n";
  if (!problem.empty()) out << problem << "\n";
  for (const char* name : {"curves.png", "curves.svg", "summary.csv"}) {
    if (std::filesystem::exists(folder / name)) out << (folder / name).string() << "\n";
  }
}

}  // namespace minitape
