// The table of a comparison: made once, shown by the terminal, the page and summary.csv.
#include "minitape/compare/results.hpp"

#include <algorithm>
#include <cmath>

#include "minitape/run/csv.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

// The three highest that some run reached, in increasing order.
std::vector<double> reached_thresholds(const std::vector<VariantHistory>& variants) {
  std::vector<double> reached;
  for (const double threshold : {.2, .3, .4, .5, .6, .7, .8, .9, .95, .97, .98, .99, .995}) {
    bool by_some = false;
    for (const VariantHistory& variant : variants) {
      for (const RunHistory& run : variant.runs) {
        by_some |= run.is_complete() && !std::isnan(steps_to_reach(run, threshold));
      }
    }
    if (by_some) reached.push_back(threshold);
  }
  if (reached.size() > 3) reached.erase(reached.begin(), reached.end() - 3);
  return reached;
}

// The first columns are for all readers, the rest is for the page alone.
std::size_t count_shared(const Table& table) {
  return static_cast<std::size_t>(
      std::count_if(table.columns.begin(), table.columns.end(),
                    [](const TableColumn& column) { return !column.mean_name.empty(); }));
}

}  // namespace

Table make_table(const std::vector<VariantHistory>& variants) {
  Table table;
  for (const VariantHistory& variant : variants) {
    const auto diverged = std::count_if(variant.runs.begin(), variant.runs.end(),
                                        [](const RunHistory& run) { return run.diverged_at; });
    table.rows.push_back({variant.name, variant.runs.size(), static_cast<std::size_t>(diverged)});
  }
  const auto add = [&](const TableColumn& column, auto value_of) {
    table.columns.push_back(column);
    for (std::size_t i = 0; i < variants.size(); ++i) {
      std::vector<double> values;
      for (const RunHistory& run : variants[i].runs) {
        if (run.is_complete()) values.push_back(value_of(run));
      }
      table.rows[i].cells.push_back(mean_sd(values));
    }
  };
  using Run = const RunHistory&;
  add({"test accuracy %", 100, 2, true, "final_test_accuracy_mean", "final_test_accuracy_sd"},
      [](Run run) { return run.test_accuracy.back(); });
  add({"best %", 100, 2, true, "best_test_accuracy_mean", "best_test_accuracy_sd"}, [](Run run) {
    return *std::max_element(run.test_accuracy.begin(), run.test_accuracy.end());
  });
  add({"test loss", 1, 4, true, "final_test_loss_mean", "final_test_loss_sd"},
      [](Run run) { return run.test_loss.back(); });
  for (const double threshold : reached_thresholds(variants)) {
    const std::string percent = number_text(std::round(1000 * threshold) / 10);
    const std::string name = number_text(threshold);
    add({"steps to " + percent + " %", 1, 0, true, "steps_to_" + name, "", "runs_to_" + name},
        [threshold](Run run) { return steps_to_reach(run, threshold); });
  }
  add({"ms / step", 1000, 2, false, "seconds_per_step"},
      [](Run run) { return median(run.step_seconds); });
  add({"seconds", 1, 1, false, "seconds"}, [](Run run) { return run.seconds.back(); });
  // For the page alone.
  add({"training accuracy as seen %", 100, 2}, [](Run run) { return run.train_accuracy.back(); });
  add({"training accuracy evaluated %", 100, 2},
      [](Run run) { return run.train_eval_accuracy.back(); });
  return table;
}

std::string cell_text(const Table& table, std::size_t row, std::size_t column) {
  const TableColumn& how = table.columns[column];
  const MeanSd& cell = table.rows[row].cells[column];
  const std::size_t runs = table.rows[row].runs;
  if (cell.count == 0) return "-";
  const auto number = [&how](double value) {
    const double shown = how.factor * value;
    return how.digits < 0 ? significant(shown, 3) : fixed(shown, how.digits);
  };
  std::string text = number(cell.mean);
  if (!how.is_detailed) return text;
  if (cell.count > 1) text += " ± " + number(cell.sd);
  if (cell.count < runs) text += concat(" (", cell.count, " of ", runs, ")");
  return text;
}

std::string terminal_table(const Table& table) {
  const std::size_t columns = count_shared(table);
  std::vector<std::vector<std::string>> lines{{""}};
  for (std::size_t c = 0; c < columns; ++c) lines[0].push_back(table.columns[c].title);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    lines.push_back({table.rows[r].name});
    for (std::size_t c = 0; c < columns; ++c) lines.back().push_back(cell_text(table, r, c));
  }
  return aligned(lines);
}

void write_summary_csv(const std::filesystem::path& path, const Table& table) {
  std::vector<std::string> names{"variant", "runs", "diverged"};
  std::vector<std::vector<std::string>> lines;
  for (const TableRow& row : table.rows) {
    std::string name = row.name;
    std::replace(name.begin(), name.end(), ',', ';');
    lines.push_back({name, std::to_string(row.runs), std::to_string(row.diverged)});
  }
  // Adds a column where it has a name.
  const auto add = [&](std::string name, std::size_t c, auto number_of) {
    if (name.empty()) return;
    std::ranges::replace(name, ',', ';');
    names.push_back(name);
    for (std::size_t r = 0; r < lines.size(); ++r) {
      lines[r].push_back(number_text(static_cast<double>(number_of(table.rows[r].cells[c]))));
    }
  };
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    add(table.columns[c].mean_name, c, [](const MeanSd& cell) { return cell.mean; });
    add(table.columns[c].sd_name, c, [](const MeanSd& cell) { return cell.sd; });
    add(table.columns[c].count_name, c, [](const MeanSd& cell) { return cell.count; });
  }
  CsvWriter csv(path, names);
  for (const auto& line : lines) csv.row(line);
}

}  // namespace minitape
