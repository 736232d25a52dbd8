#include "minitape/lab/results.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "minitape/text/files.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

double on_axis(double value, bool is_log) { return is_log ? std::log10(value) : value; }

// Over a varied key: adds the variant's point to the curve of its other settings.
void add_point(std::vector<Curve>& curves, const Panel& panel, const Measure& measure,
               const VariantHistory& variant) {
  std::vector<double> numbers;
  for (const RunHistory& run : variant.runs) {
    numbers.push_back(on_axis(number_of(run, measure), panel.log_y));
  }
  std::erase_if(numbers, [](double number) { return !std::isfinite(number); });
  const VariedKey key = varied_key(variant.name, panel.x);
  auto curve = std::ranges::find(curves, key.others, &Curve::label);
  if (curve == curves.end()) curve = curves.insert(curves.end(), Curve{key.others, {}});
  const MeanSd y = mean_sd(numbers);
  curve->points.push_back({on_axis(key.value, panel.log_x), y.mean, y.sd});
  std::ranges::sort(curve->points, {}, &Curve::Point::x);
}

// Over epochs, steps or layers: a curve for the variant.
Curve curve_of_runs(const Panel& panel, const Measure& measure, const VariantHistory& variant) {
  std::vector<Series> all;
  for (const RunHistory& run : variant.runs) {
    const Series series = series_of(run, measure);
    Series& shown = all.emplace_back(series);
    if (panel.x == "step") shown.y = smoothed(series.y);
    for (double& x : shown.x) x = on_axis(x, panel.log_x);
    for (double& y : shown.y) y = on_axis(scaled(y, series, measure), panel.log_y);
  }
  return mean_curve(variant.name, all);
}

// "| a | b |"
std::string row(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    for (std::size_t at = 0; (at = cell.find('|', at)) != cell.npos; at += 2) cell.insert(at, "\\");
  }
  return "| " + joined(cells, " | ") + " |\n";
}

// section.md; `cells` are those of the table, `claims` rows of one.
std::string section(const LabExperiment& experiment, std::vector<std::vector<std::string>> cells,
                    const std::string& claims, const std::string& fairness, std::size_t seeds) {
  const std::string file = experiment.file.filename().string();
  std::string text =
      concat("## ", experiment.name, "\n\n**", experiment.question, "**\n\n", experiment.source,
             ". Setting: [`", file, "`](../apps/configs/lab/", file, "), ", cells.size() - 1,
             " variants, ", seeds, " seeds. ", fairness, "\n\n");
  if (!experiment.panels.empty()) {
    text += concat("![", experiment.question, "](lab/", experiment.name, ".svg)\n\n");
  }
  cells[0][0] = "variant";
  std::vector<std::string> rule(cells[0].size(), "---:");
  rule[0] = "---";
  cells.insert(cells.begin() + 1, rule);
  for (const auto& line : cells) text += row(line);
  return text + "\n" + claims + "\nTo try next: " + experiment.next + "\n";
}

}  // namespace

std::vector<Chart> lab_charts(const LabExperiment& experiment,
                              const std::vector<VariantHistory>& variants) {
  std::vector<Chart> charts;
  for (const Panel& panel : experiment.panels) {
    const Measure& measure = experiment.measure(panel.y);
    Chart chart{panel.title.empty() ? measure.name : panel.title,
                (panel.log_x ? "log10 of " : "") + panel.x,
                panel.log_y ? "log10" : "",
                {}};
    for (const VariantHistory& variant : variants) {
      if (!fits(variant.name, panel.of)) continue;
      if (panel.x == "epoch" || panel.x == "step" || panel.x == "layer") {
        chart.curves.push_back(curve_of_runs(panel, measure, variant));
      } else {
        add_point(chart.curves, panel, measure, variant);
      }
    }
    charts.push_back(std::move(chart));
  }
  return charts;
}

void lab_report(const LabExperiment& experiment, const std::vector<VariantHistory>& variants,
                const std::string& fairness, const std::vector<std::string>& expected,
                const std::filesystem::path& folder, std::ostream& out) {
  Table table = make_table(experiment, variants);
  write_summary_csv(folder / "table.csv", table);
  for (TableRow& line : table.rows) {
    if (line.diverged > 0) line.name += concat(" (", line.diverged, " diverged)");
  }
  const std::vector<Chart> charts = lab_charts(experiment, variants);
  const std::size_t seeds = variants.front().runs.size();
  const std::string title = concat("Mean and standard deviation of ", seeds, " seeds");
  const std::string problem = charts.empty() ? "" : write_pictures(folder, charts, title);
  const auto cells = shared_cells(table);
  out << "\n" << experiment.question << "\n\n" << aligned(cells) << "\n";
  std::string claims = row({"claim", "ours", "published"}) + row({"---", "---", "---"});
  for (std::size_t i = 0; i < experiment.claims.size(); ++i) {
    const Claim& claim = experiment.claims[i];
    const Verdict verdict = judge(claim, experiment, variants);
    claims += row({claim.says, verdict.to_text(claim, "**"),
                   claim.published.empty() ? "-" : claim.published});
    out << claim.says << "\n  " << verdict.to_text(claim) << "\n";
    if (!claim.published.empty()) out << "  published: " << claim.published << "\n";
    if (i < expected.size()) out << "  you expected: " << expected[i] << "\n";
  }
  write_atomically(folder / "section.md", section(experiment, cells, claims, fairness, seeds));
  if (!problem.empty()) out << "\n" << problem << "\n";
  out << "\nTo try next: " << experiment.next << "\n\n";
  for (const char* name : {"curves.png", "table.csv", "section.md"}) {
    if (std::filesystem::exists(folder / name)) out << (folder / name).string() << "\n";
  }
}

}  // namespace minitape
