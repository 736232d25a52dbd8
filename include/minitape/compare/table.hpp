// The table of a comparison as data: terminal, page and summary.csv show the same cells.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/compare/results.hpp"

namespace minitape {

/// How people read a column, and what it is called in summary.csv.
struct TableColumn {
  std::string title;        // "test accuracy %"
  double factor = 1;        // 100: a part of 1 is read in percent
  int digits = 0;           // after the point
  bool is_detailed = true;  // with the deviation, and with the number of runs where some lack it
  // "" where summary.csv has no such column. A table's columns without a mean there are for the
  // page alone and come last.
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

/// Final and best test accuracy; test loss; steps to the three highest training accuracies (of 20,
/// 30, … 90, 95, 97, 98, 99, 99.5 %) that some run reached; times; for the page, final training
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
