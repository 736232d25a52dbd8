#include "minitape/compare/report.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "minitape/compare/curves.hpp"
#include "minitape/compare/html_report.hpp"
#include "minitape/compare/plot.hpp"
#include "minitape/compare/terminal_plot.hpp"
#include "minitape/text/columns.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

// "a minus b, seed by seed: +1.20 ± 0.31 points …", over the seeds that both have completed.
std::string difference_line(const VariantHistory& a, const VariantHistory& b) {
  const MeanSd difference = paired_difference(a, b);
  if (difference.count == 0) return "";
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
    row.push_back(fixed_or_dash(1000 * v.step_seconds.mean, 2));
    row.push_back(fixed_or_dash(v.seconds.mean, 1));
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
  if (variants.size() == 2) text += difference_line(variants[1], variants[0]);
  return text;
}

void report(const Experiment& experiment, const std::vector<VariantHistory>& variants,
            const std::filesystem::path& folder, std::ostream& out) {
  const Comparison comparison = summarize_runs(variants);
  write_summary_csv(folder / "summary.csv", comparison);
  const std::vector<Chart> charts = comparison_charts(variants);
  const std::string problem = write_curves(folder, charts, caption(variants, experiment.fairness));
  write_atomically(folder / "report.html", html_report(experiment, variants, comparison));

  out << "\n" << terminal_plot(charts[0], 72, 16) << "\n" << to_table(comparison, variants) << "\n";
  if (!problem.empty()) out << problem << "\n";
  for (const char* name : {"curves.png", "curves.svg", "summary.csv", "report.html"}) {
    if (std::filesystem::exists(folder / name)) out << (folder / name).string() << "\n";
  }
}

}  // namespace minitape
