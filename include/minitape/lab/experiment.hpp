// An experiment: a question about batch norm, the runs that answer it, what is measured in them and
// what is claimed of the answer. All of it stands in one file, apps/configs/lab/NAME.toml: a config
// like any other, with a table [lab] that `minitape train` passes over.
//
// What lives in the room lab/, in the order in which it is used:
//
//   experiment   this file: reading [lab]
//   results      measures of the runs, the verdict on each claim
//   report       table, figure, and the section of a page
//
// The runs, their fairness, the table and the charts are those of compare/. The room includes all
// rooms but apps/, which is the only one that may include it.
//
//   [lab]
//   question = "…?"               source = "…"            next = "what to try next"
//   minutes = 1.5                 # on the machine of docs/lab.md, with `seeds`
//   seeds = 3
//   vary = ["model.batch_norm=false,true"]                # as `compare --vary` takes it; or
//   variants = [{ name = "…", set = ["key=value"] }]      # variants by name
//   measures = [{ name = "accuracy", column = "metrics.test_accuracy", … }]
//   panels = [{ y = "accuracy", x = "epoch" }]
//   claims = [{ says = "…", value = "accuracy", of = "batch_norm = true", … }]
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "minitape/compare/compare.hpp"

namespace minitape {

/// A number of a run, or a series of them: a column of one of its tables.
struct Measure {
  std::string name;
  std::string column;  // "metrics.test_accuracy": of metrics, steps, layers or probes .csv
  std::string layer;   // layers.csv: one layer, "0.dense", over the epochs …
  std::string layers;  // … or, over the layers of the last epoch, those that end so: "dense"
  // Which number of the series: "last", "first", "max", "min", "mean", "range" (max − min),
  // "growth" (from a layer to the one before it: (first / last)^(1 / steps between them)).
  std::string take = "last";
  std::optional<double> at;           // instead of take: the epoch, the step, or the layer's place
  std::optional<double> divided_by;   // the number there divides it
  double power = 1;                   // then: to this power
  double times = 1;                   // then: this many times (100: in percent)
  std::optional<double> if_diverged;  // what a run that diverged counts as
  Index digits = 2;                   // in the table
};

/// One picture of the figure.
struct Panel {
  std::string y;      // a measure
  std::string x;      // "epoch", "step", "layer", or a varied key: "learning_rate"
  std::string of;     // only variants whose name has this in it
  std::string title;  // that of the measure where it is empty
  bool log_x = false, log_y = false;
};

/// A sentence that the numbers can contradict.
struct Claim {
  std::string says;
  std::string value;  // a measure …
  std::string of;     // … of the variant whose name has all these parts, "a = 1, b = 2", …
  std::string minus, over;  // … minus, or divided by, that of another one with the same seed
  // Instead of the measure itself: the largest value of a varied key, among the variants that fit,
  // for which the measure is at least where_at_least.
  std::string largest;
  double where_at_least = 0;
  std::optional<double> at_least, at_most;
  std::string published;  // the number to hold it against, with its source
};

/// A named variant.
struct NamedSet {
  std::string name;
  std::vector<std::string> set;
};

struct LabExperiment {
  std::filesystem::path file;
  std::string name;  // the file's
  std::string question, source, next;
  double minutes = 1;
  Index seeds = 3;
  std::vector<std::string> vary;
  std::vector<NamedSet> variants;
  std::vector<Measure> measures;
  std::vector<Panel> panels;
  std::vector<Claim> claims;

  const Measure& measure(const std::string& measure_name) const;
};

/// Throws Error naming file, line and key, as read_config does; also where a panel or a claim names
/// a measure that there is not.
LabExperiment read_experiment(const std::filesystem::path& file);

/// Its variants, and the keys that differ between them. `assignments` come before a variant's.
std::vector<Variant> make_variants(const LabExperiment& experiment,
                                   const std::vector<std::string>& assignments,
                                   std::vector<Variation>& variations);

}  // namespace minitape
