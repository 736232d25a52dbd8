#include "minitape/lab/report.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

double on_axis(double value, bool is_log) { return is_log ? std::log10(value) : value; }

// A variant's name without the part that says `key`.
std::string without(const std::string& variant, const std::string& key) {
  std::vector<std::string> parts = parts_of(variant);
  std::erase_if(parts, [&](const std::string& part) { return part.starts_with(key + " = "); });
  return parts.empty() ? "all" : joined(parts, ", ");
}

// A point per variant, over the values of a varied key.
std::vector<Curve> curves_over_key(const Panel& panel, const Measure& measure,
                                   const std::vector<VariantHistory>& variants) {
  std::vector<Curve> curves;
  for (const VariantHistory& variant : variants) {
    if (!fits(variant.name, panel.of)) continue;
    std::vector<double> numbers;
    for (const RunHistory& run : variant.runs) {
      numbers.push_back(on_axis(number_of(run, measure), panel.log_y));
    }
    std::erase_if(numbers, [](double number) { return !std::isfinite(number); });
    const std::string label = without(variant.name, panel.x);
    auto curve = std::ranges::find(curves, label, &Curve::label);
    if (curve == curves.end()) curve = curves.insert(curves.end(), Curve{label, {}});
    const MeanSd y = mean_sd(numbers);
    curve->points.push_back(
        {on_axis(varied_number(variant.name, panel.x), panel.log_x), y.mean, y.sd});
  }
  for (Curve& curve : curves) std::ranges::sort(curve.points, {}, &Curve::Point::x);
  return curves;
}

// A curve per variant, over epochs, steps or layers.
std::vector<Curve> curves_of_runs(const Panel& panel, const Measure& measure,
                                  const std::vector<VariantHistory>& variants) {
  std::vector<Curve> curves;
  for (const VariantHistory& variant : variants) {
    if (!fits(variant.name, panel.of)) continue;
    std::vector<double> x;
    std::vector<std::vector<double>> ys;
    for (const RunHistory& run : variant.runs) {
      const Series series = series_of(run, measure);
      std::vector<double> y = panel.x == "step" ? smoothed(series.y) : series.y;
      for (double& value : y) value = on_axis(scaled(value, series, measure), panel.log_y);
      if (series.x.size() > x.size()) x = series.x;
      ys.push_back(y);
    }
    for (double& value : x) value = on_axis(value, panel.log_x);
    curves.push_back(mean_curve(variant.name, x, ys, 1));
  }
  return curves;
}

// "| a | b |"
std::string row(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    for (std::size_t at = 0; (at = cell.find('|', at)) != cell.npos; at += 2) cell.insert(at, "\\");
  }
  return "| " + joined(cells, " | ") + " |\n";
}

std::string section(const LabExperiment& experiment, const Table& table,
                    const std::vector<Verdict>& verdicts, const std::string& fairness,
                    std::size_t seeds, bool has_figure) {
  const std::string file = experiment.file.filename().string();
  std::string text =
      concat("## ", experiment.name, "\n\n**", experiment.question, "**\n\n", experiment.source,
             ". Setting: [`", file, "`](../apps/configs/lab/", file, "), ", table.rows.size(),
             " variants, ", seeds, " seeds. ", fairness, "\n\n");
  if (has_figure) {
    text += concat("![", experiment.question, "](lab/", experiment.name, ".svg)\n\n");
  }
  std::vector<std::string> titles{"variant"}, rule{"---"};
  for (const TableColumn& column : table.columns) {
    titles.push_back(column.title);
    rule.push_back("---:");
  }
  text += row(titles) + row(rule);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    std::vector<std::string> cells{table.rows[r].name};
    for (std::size_t c = 0; c < table.columns.size(); ++c) cells.push_back(cell_text(table, r, c));
    text += row(cells);
  }
  text += "\n" + row({"claim", "ours", "published"}) + row({"---", "---", "---"});
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Claim& claim = experiment.claims[i];
    const std::string verdict = verdicts[i].to_text(claim);
    const std::size_t colon = verdict.find(':');
    text += row({claim.says, "**" + verdict.substr(0, colon) + "**" + verdict.substr(colon),
                 claim.published.empty() ? "-" : claim.published});
  }
  return text + "\nTo try next: " + experiment.next + "\n";
}

}  // namespace

std::vector<Chart> lab_charts(const LabExperiment& experiment,
                              const std::vector<VariantHistory>& variants) {
  std::vector<Chart> charts;
  for (const Panel& panel : experiment.panels) {
    const Measure& measure = experiment.measure(panel.y);
    const bool over_run = panel.x == "epoch" || panel.x == "step" || panel.x == "layer";
    charts.push_back({panel.title.empty() ? measure.name : panel.title,
                      (panel.log_x ? "log10 of " : "") + panel.x, panel.log_y ? "log10" : "",
                      over_run ? curves_of_runs(panel, measure, variants)
                               : curves_over_key(panel, measure, variants)});
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
  std::vector<Verdict> verdicts;
  for (const Claim& claim : experiment.claims)
    verdicts.push_back(judge(claim, experiment, variants));
  write_atomically(folder / "section.md",
                   section(experiment, table, verdicts, fairness, seeds, !charts.empty()));

  out << "\n" << experiment.question << "\n\n" << terminal_table(table) << "\n";
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Claim& claim = experiment.claims[i];
    out << claim.says << "\n  " << verdicts[i].to_text(claim) << "\n";
    if (!claim.published.empty()) out << "  published: " << claim.published << "\n";
    if (i < expected.size()) out << "  you expected: " << expected[i] << "\n";
  }
  if (!problem.empty()) out << "\n" << problem << "\n";
  out << "\nTo try next: " << experiment.next << "\n\n";
  for (const char* name : {"curves.png", "table.csv", "section.md"}) {
    if (std::filesystem::exists(folder / name)) out << (folder / name).string() << "\n";
  }
}

}  // namespace minitape
