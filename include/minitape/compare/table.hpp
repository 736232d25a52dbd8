// The table of a comparison as data: terminal, page and summary.csv show the same cells.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/compare/results.hpp"

namespace minitape {

/// How a column is shown, and under which names it stands in summary.csv.
struct TableColumn {
  std::string title;  // "test accuracy %"
  double factor = 1;  // people read factor · value, with so many digits after the point
  int digits = 0;
  bool shows_sd = true;  // people read the deviation as well
  // The columns of summary.csv; "" where it has none. A column without a mean there is for the page
  // alone.
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

/// Final and best test accuracy, test loss, the steps to the three highest of 20, 30, … 90, 95, 97,
/// 98, 99, 99.5 % training accuracy that some run reached, times, and for the page the training
/// accuracies.
Table make_table(const std::vector<VariantHistory>& variants);

/// A cell as people read it: "98.43 ± 0.12", "110 ± 9 (2 of 3)" where only two of three runs have
/// that number, "-" where none has it.
std::string cell_text(const Table& table, std::size_t row, std::size_t column);

/// For a terminal: a line of titles and one per variant.
std::string terminal_table(const Table& table);

/// A row per variant: accuracies as parts of 1, steps, seconds.
void write_summary_csv(const std::filesystem::path& path, const Table& table);

}  // namespace minitape
