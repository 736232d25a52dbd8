#include "minitape/compare/report.hpp"

#include <ostream>

#include "minitape/compare/chart.hpp"
#include "minitape/compare/results.hpp"
#include "minitape/text/files.hpp"

namespace minitape {
namespace {

// What the picture's title says: how many seeds, and what they share.
std::string title(std::size_t seeds, const Fairness& fairness) {
  std::string text =
      seeds == 1 ? "One seed." : concat("Mean and standard deviation of ", seeds, " seeds.");
  if (fairness.same_weights) text += " Same initial weights within a seed.";
  if (fairness.same_batches) text += " Same batches and augmentation.";
  return text;
}

}  // namespace

void report(const Experiment& experiment, const std::vector<VariantHistory>& variants,
            const std::filesystem::path& folder, std::ostream& out) {
  const std::size_t seeds = variants.front().runs.size();
  const Table table = make_table(variants);
  write_summary_csv(folder / "summary.csv", table);
  const std::vector<Chart> charts = comparison_charts(variants);
  const std::string problem = write_pictures(folder, charts, title(seeds, experiment.fairness));
  const std::string svg = file_contents(folder / "curves.svg").value_or("");
  const std::vector<std::string> sentences = answer(experiment.variations, variants);
  write_atomically(folder / "report.html",
                   report_page(experiment, variants, table, sentences, svg, problem));

  out << "\n" << terminal_plot(charts[0], 72, 16) << "\n" << terminal_table(table);
  if (seeds > 1) out << "Mean ± standard deviation over " << seeds << " seeds.\n";
  out << "Steps to x %: the first step at which the last " << kSmoothing
      << " training batches average x %, each before its update.\n\n";
  for (const std::string& sentence : sentences) out << sentence << "\n";
  out << "\n";
  if (!problem.empty()) out << problem << "\n";
  for (const char* name : {"curves.png", "curves.svg", "summary.csv", "report.html"}) {
    if (std::filesystem::exists(folder / name)) out << (folder / name).string() << "\n";
  }
}

}  // namespace minitape
