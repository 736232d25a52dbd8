// What the runs of a comparison say: numbers, a table, a sentence for each pair of variants.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "minitape/compare/compare.hpp"

namespace minitape {

// ---- Numbers: means and deviations over seeds, differences between pairs of runs ----

/// Mean and sample standard deviation (divided by n − 1; NaN for a single value) of those values
/// that are not NaN.
struct MeanSd {
  double mean = 0, sd = 0;
  std::size_t count = 0;  // of the values
};
MeanSd mean_sd(const std::vector<double>& values);

/// The 95 % interval of the mean is mean ± this (Student's t). NaN for fewer than three values.
double half_interval(const MeanSd& value);

/// Final test accuracy of `a` minus that of `b`, a part of 1, over the seeds that both completed.
MeanSd paired_difference(const VariantHistory& a, const VariantHistory& b);

/// The first step at which the mean accuracy of the last kSmoothing training batches is at least
/// `threshold`; NaN when that never happens. In the first epoch the model has not seen these
/// batches before: there this is as fair as a test set, and finer than one look per epoch.
double steps_to_reach(const RunHistory& run, double threshold);
inline constexpr std::size_t kSmoothing = 20;

/// What the runs tell of the data that they saw, in a sentence.
std::string data_sentence(const std::vector<VariantHistory>& variants);

// ---- The table: terminal, page and summary.csv show the same cells ----

/// How people read a column, and what it is called in summary.csv.
struct TableColumn {
  std::string title;        // "test accuracy %"
  double factor = 1;        // 100: a part of 1 is read in percent
  int digits = 0;           // after the point; -1: three digits in all
  bool is_detailed = true;  // with the deviation, and with the number of runs where some lack it
  // "" where summary.csv has no such column. Columns without a mean there are for the page alone.
  std::string mean_name = "", sd_name = "", count_name = "";
};

/// A variant. Runs that diverged count in `diverged` and in no cell.
struct TableRow {
  std::string name;
  std::size_t runs = 0, diverged = 0;
  std::vector<MeanSd> cells;  // one per column
};

struct Table {
  std::vector<TableColumn> columns;
  std::vector<TableRow> rows;
};

Table rows_of(const std::vector<VariantHistory>& variants);  // a row per variant, no columns
/// A column more: the mean of these values over a variant's runs. NaN counts as no value.
void add_column(Table& table, const std::vector<VariantHistory>& variants,
                const TableColumn& column,
                const std::function<double(const RunHistory&)>& value_of);

/// Final test accuracy, by several views as well where a run has that, and the best; test loss;
/// steps to the three highest training accuracies (of 20, 30, … 90, 95, 97, 98, 99, 99.5 %) that
/// some run reached; times; for the page, final training accuracies.
Table make_table(const std::vector<VariantHistory>& variants);

/// A cell as people read it: "98.43 ± 0.12", "110 ± 9 (2 of 3)" where only two of three runs have
/// that number, "-" where none has it.
std::string cell_text(const Table& table, std::size_t row, std::size_t column);

/// For a terminal or a page: a line of titles and one per variant; not what is for the page alone.
std::vector<std::vector<std::string>> shared_cells(const Table& table);

/// A row per variant: accuracies as parts of 1, steps, seconds. A comma in a name becomes ";".
void write_summary_csv(const std::filesystem::path& path, const Table& table);

// ---- The answer: it claims no more than the runs show ----

/// Pairs are made by one key, at each setting of the others: each of its values is held against its
/// first one. That key is the first switch (false and true, held against false) or, where there is
/// none, the first varied key. A sentence gives the mean difference in final test accuracy over the
/// seeds that both completed, with its 95 % interval and whether that contains 0. Further
/// sentences name the runs that diverged.
///
/// `variants` must be in the order of make_variants.
std::vector<std::string> answer(const std::vector<Variation>& variations,
                                const std::vector<VariantHistory>& variants);

}  // namespace minitape
