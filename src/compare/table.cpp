// The table of a comparison: made once, shown by the terminal, the page and summary.csv.
#include "minitape/compare/results.hpp"

#include <algorithm>
#include <cmath>

#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/words.hpp"

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

}  // namespace

Table rows_of(const std::vector<VariantHistory>& variants) {
  Table table;
  for (const VariantHistory& variant : variants) {
    const auto diverged = std::ranges::count_if(
        variant.runs, [](const RunHistory& run) { return run.diverged_at.has_value(); });
    table.rows.push_back({variant.name, variant.runs.size(), static_cast<std::size_t>(diverged)});
  }
  return table;
}

void add_column(Table& table, const std::vector<VariantHistory>& variants,
                const TableColumn& column,
                const std::function<double(const RunHistory&)>& value_of) {
  table.columns.push_back(column);
  for (std::size_t i = 0; i < variants.size(); ++i) {
    std::vector<double> values;
    for (const RunHistory& run : variants[i].runs) values.push_back(value_of(run));
    table.rows[i].cells.push_back(mean_sd(values));
  }
}

Table make_table(const std::vector<VariantHistory>& variants) {
  Table table = rows_of(variants);
  using Run = const RunHistory&;
  const auto add = [&](const TableColumn& column, auto value_of) {
    add_column(table, variants, column,
               [&](Run run) { return run.is_complete() ? value_of(run) : std::nan(""); });
  };
  add({"test accuracy %", 100, 2, true, "final_test_accuracy_mean", "final_test_accuracy_sd"},
      [](Run run) { return run.test_accuracy.back(); });
  const auto has_views = [](Run run) { return run.accuracy_by_views.has_value(); };
  if (std::ranges::any_of(
          variants, [&](auto& variant) { return std::ranges::any_of(variant.runs, has_views); })) {
    add({"several views %", 100, 2, true, "views_test_accuracy_mean", "views_test_accuracy_sd"},
        [](Run run) { return run.accuracy_by_views.value_or(std::nan("")); });
  }
  add({"best %", 100, 2, true, "best_test_accuracy_mean", "best_test_accuracy_sd"},
      [](Run run) { return *std::ranges::max_element(run.test_accuracy); });
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

std::vector<std::vector<std::string>> shared_cells(const Table& table) {
  std::vector<std::vector<std::string>> lines{{""}};
  for (const TableRow& row : table.rows) lines.push_back({row.name});
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].mean_name.empty()) continue;  // for the page alone
    lines[0].push_back(table.columns[c].title);
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      lines[r + 1].push_back(cell_text(table, r, c));
    }
  }
  return lines;
}

void write_summary_csv(const std::filesystem::path& path, const Table& table) {
  std::vector<std::vector<std::string>> lines{{"variant", "runs", "diverged"}};
  for (const TableRow& row : table.rows) {
    lines.push_back({row.name, std::to_string(row.runs), std::to_string(row.diverged)});
  }
  // Adds a column where it has a name.
  const auto add = [&](const std::string& name, std::size_t c, auto number_of) {
    if (name.empty()) return;
    lines[0].push_back(name);
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const auto number = static_cast<double>(number_of(table.rows[r].cells[c]));
      lines[r + 1].push_back(number_text(number));
    }
  };
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    add(table.columns[c].mean_name, c, [](const MeanSd& cell) { return cell.mean; });
    add(table.columns[c].sd_name, c, [](const MeanSd& cell) { return cell.sd; });
    add(table.columns[c].count_name, c, [](const MeanSd& cell) { return cell.count; });
  }
  std::string text;
  for (auto& line : lines) {
    for (std::string& cell : line) std::ranges::replace(cell, ',', ';');
    text += joined(line, ",") + "\n";
  }
  write_atomically(path, text);
}

}  // namespace minitape
