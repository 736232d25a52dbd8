// What the runs of an experiment say: its measures, a verdict on each of its claims, and what that
// leaves for its readers: table.csv, the figure, a section of a page.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "minitape/compare/chart.hpp"
#include "minitape/compare/results.hpp"
#include "minitape/lab/experiment.hpp"

namespace minitape {

/// The column of a run's table that a measure names, over epochs, steps or layers. Throws where the
/// run has no such column or layer.
Series series_of(const RunHistory& run, const Measure& measure);

/// What a measure makes of a number of the series: divided_by, then power, then times.
double scaled(double number, const Series& series, const Measure& measure);

/// The number that a measure takes from it. NaN where there is none.
double number_of(const RunHistory& run, const Measure& measure);

/// The number that a variant's name gives to a key, and the rest of the name: 0.01 and
/// "batch_norm = true" of "learning_rate = 0.01, batch_norm = true"; "all" for no rest. Throws
/// where the name has no such part, or it is no number.
struct VariedKey {
  double value;
  std::string others;
};
VariedKey varied_key(const std::string& variant, const std::string& key);

/// The mean of differences is the usual one, that of quotients the geometric mean.
struct Verdict {
  MeanSd value;         // of the claim, over the seeds
  double low, high;     // its 95 % interval; one point where all seeds agree, NaN for too few seeds
  std::string outcome;  // "holds", "does not hold here" or "cannot be told from this run"

  /// "holds: 1.46 (95 % interval 1.447 to 1.473), claimed at least 1.423 and at most 1.511", with
  /// `mark` around the outcome.
  std::string to_text(const Claim& claim, const std::string& mark = "") const;
};

/// A claim holds where its whole interval lies within the bounds, and does not where none of it
/// does.
Verdict judge(const Claim& claim, const LabExperiment& experiment,
              const std::vector<VariantHistory>& variants);

/// A row per variant, a column per measure.
Table make_table(const LabExperiment& experiment, const std::vector<VariantHistory>& variants);

// ---- The report (report.cpp) ----

/// A chart for each panel: a curve for each variant over epochs, steps or layers; or, over a varied
/// key, a curve for each setting of the others. Points are means over the seeds with their standard
/// deviation. On a logarithmic axis they are those of the logarithms to base 10.
std::vector<Chart> lab_charts(const LabExperiment& experiment,
                              const std::vector<VariantHistory>& variants);

/// Writes table.csv, curves.svg, curves.png with gnuplot's files, and section.md into the folder;
/// prints the table and the verdicts. `expected` is the reader's guess for each claim, or empty.
void lab_report(const LabExperiment& experiment, const std::vector<VariantHistory>& variants,
                const std::string& fairness, const std::vector<std::string>& expected,
                const std::filesystem::path& folder, std::ostream& out);

}  // namespace minitape
