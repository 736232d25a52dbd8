// What the runs of an experiment say: its measures, and a verdict on each of its claims.
#pragma once

#include <string>
#include <vector>

#include "minitape/compare/results.hpp"
#include "minitape/lab/experiment.hpp"

namespace minitape {

struct Series {  // y at each x
  std::vector<double> x, y;
};

/// The column of a run's table that a measure names, over epochs, steps or layers. Throws where the
/// run has no such column or layer.
Series series_of(const RunHistory& run, const Measure& measure);

/// What a measure makes of a number of the series: divided_by, then power, then times.
double scaled(double number, const Series& series, const Measure& measure);

/// The number that a measure takes from it. NaN where there is none.
double number_of(const RunHistory& run, const Measure& measure);

/// 0.01 of "batch_norm = true, learning_rate = 0.01" for the key "learning_rate". Throws where the
/// name has no such part, or it is no number.
double varied_number(const std::string& variant, const std::string& key);

/// The mean of differences is the usual one, that of quotients the geometric mean.
struct Verdict {
  MeanSd value;         // of the claim, over the seeds
  double low, high;     // its 95 % interval; one point where all seeds agree, NaN for too few seeds
  std::string outcome;  // "holds", "does not hold here" or "cannot be told from this run"

  /// "holds: 1.46 (95 % interval 1.447 to 1.473), claimed at least 1.423 and at most 1.511"
  std::string to_text(const Claim& claim) const;
};

/// A claim holds where its whole interval lies within the bounds, and does not where none of it
/// does.
Verdict judge(const Claim& claim, const LabExperiment& experiment,
              const std::vector<VariantHistory>& variants);

/// A row per variant, a column per measure.
Table make_table(const LabExperiment& experiment, const std::vector<VariantHistory>& variants);

}  // namespace minitape
