// An experiment: a question about batch norm, the runs that answer it, what is measured in them and
// what is claimed of the answer. All of it stands in one file, apps/configs/lab/NAME.toml: a config
// like any other, with a table [lab] that `minitape train` passes over.
//
// What lives in the room lab/, in the order in which it is used:
//
//   experiment   this file: reading [lab]
//   results      measures of the runs, the verdict on each claim; table, figure, section of a page
//
// The runs, their fairness, the table and the charts are those of compare/. The room includes all
// rooms but apps/, which is the only one that may include it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "minitape/compare/compare.hpp"

namespace minitape {

/// A number of a run, or a series of them: a column of metrics.csv (over epochs), steps.csv (over
/// steps), probes.csv (over epochs), views.csv (its last row) or layers.csv (one layer over epochs;
/// or, in the last epoch, over the layers whose name ends so).
///
///   number = times·(y / y[divided_by])^power      y: the last, at a given x, the mean or the range
struct Measure {
  std::string name, column;           // column: "metrics.test_accuracy"
  std::string layer;                  // of layers.csv: "0.dense", over epochs
  std::string layers;                 // of layers.csv: "dense", over the layers that end so
  bool logit = false;                 // y becomes log(y / (1 − y)): a sigmoid's input
  std::string take = "last";          // "last", "mean" or "range" (max − min) of the series
  std::optional<double> at;           // instead: y where x is this; layers count from 1
  std::optional<double> divided_by;   // by y where x is this
  double power = 1, times = 1;        // times = 100: in percent
  std::optional<double> if_diverged;  // what a run that diverged counts as
  Index digits = -1;                  // after the point, in the table; -1: three in all
};

/// One picture of the figure.
struct Panel {
  std::string y, x;   // a measure, over "epoch", "step", "layer" or a varied key: "learning_rate"
  std::string of;     // only variants whose name has these parts
  std::string title;  // where it is "": the name of the measure
  bool log_x = false, log_y = false;
};

/// A sentence that the numbers can contradict: a measure of one variant, or its difference from, or
/// quotient by, that of another one with the same seed, lies between two bounds.
struct Claim {
  std::string says, value;      // the sentence; a measure
  std::string of, minus, over;  // variants, each by its name or by parts that no other has
  // Instead of the measure: the largest value of this varied key, among the variants that fit, for
  // which the measure lies between these bounds.
  std::string largest;
  std::optional<double> where_at_least, where_at_most;
  std::optional<double> at_least, at_most;
  std::string published;  // the number to hold it against, with its source
};

/// A variant by name, and what it sets.
struct NamedSet {
  std::string name;
  std::vector<std::string> set;
};

struct LabExperiment {  // a config with a table [lab]
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

  const Measure& measure(const std::string& measure_name) const;  // throws if there is none
};

/// "a = 1" and "b = 2" of "a = 1, b = 2".
std::vector<std::string> parts_of(const std::string& name);
/// Whether a variant's name has all parts of `of`.
bool fits(const std::string& variant, const std::string& of);

/// Throws Error naming file, line and key, as read_config does; also where a panel or a claim names
/// a measure that there is not, or a measure a table that the runs do not write.
LabExperiment read_experiment(const std::filesystem::path& file);

/// Its variants, and the keys that differ between them. `assignments` come before a variant's own.
std::vector<Variant> make_variants(const LabExperiment& experiment,
                                   const std::vector<std::string>& assignments,
                                   std::vector<Variation>& variations);

}  // namespace minitape
