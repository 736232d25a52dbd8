#include "minitape/compare/results.hpp"

#include <cmath>

#include "made_runs.hpp"
#include "minitape/run/csv.hpp"
#include "minitape/text/terminal_text.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

using Texts = std::vector<std::string>;

// The titles of the columns about steps.
std::vector<std::string> thresholds(const std::vector<VariantHistory>& variants) {
  std::vector<std::string> titles;
  for (const TableColumn& column : make_table(variants).columns) {
    if (column.title.starts_with("steps to ")) titles.push_back(column.title);
  }
  return titles;
}

TEST_CASE("make_table: the three highest thresholds that some run reached") {
  CHECK(thresholds({{"a", {run_of(40, 0, 0)}}, {"b", {run_of(0, 0, 0)}}}) ==
        Texts{"steps to 98 %", "steps to 99 %", "steps to 99.5 %"});
  CHECK(thresholds({{"a", {run_of(35, 0, 0)}}}) == Texts{"steps to 20 %"});
  CHECK(thresholds({{"a", {run_of(40, 0, 0)}}}).empty());
  CHECK(thresholds({{"a", {diverged_run(3)}}}).empty());
}

TEST_CASE("make_table: means of the last and the best epoch, medians of the steps") {
  const Table table = make_table({{"a", {run_of(0, 0.75, 0.5), run_of(10, 0.25, 1)}}});
  REQUIRE(table.rows.size() == 1);
  CHECK(table.rows[0].runs == 2);
  CHECK(table.rows[0].diverged == 0);
  std::vector<double> means;
  for (const MeanSd& cell : table.rows[0].cells) means.push_back(cell.mean);
  // Final and best accuracy, loss, steps to 98, 99 and 99.5 % (at 20 and 30), seconds per step and
  // of the run, training accuracy as seen and evaluated.
  CHECK(means == std::vector<double>{0.75, 0.875, 0.25, 25, 25, 25, 0.002, 2.5, 0.875, 0.75});
}

TEST_CASE("make_table: accuracy by several views, beside the plain one, where some run has it") {
  RunHistory seen = run_of(0, 0, 0.5);
  seen.accuracy_by_views = 0.75;
  const Table table =
      make_table({{"a", {run_of(0, 0, 0.5)}}, {"b", {seen, run_of(0, 0, 0.5), diverged_run(1)}}});
  CHECK(table.columns[0].title == "test accuracy %");
  CHECK(table.columns[1].title == "several views %");
  CHECK(table.columns[1].mean_name == "views_test_accuracy_mean");
  CHECK(cell_text(table, 0, 1) == "-");
  CHECK(cell_text(table, 1, 1) == "75.00 (1 of 3)");
  CHECK(make_table({{"a", {run_of(0, 0, 0.5)}}}).columns[1].title == "best %");
}

TEST_CASE("shared_cells: one seed, in a terminal") {
  CHECK("\n" +
            aligned(shared_cells(make_table({{"batch_norm = false", {run_of(40, 0.5, 0.25)}},
                                             {"batch_norm = true", {run_of(36, 0.5, 0.9375)}}}))) ==
        R"(
                     test accuracy %   best %   test loss   steps to 20 %   ms / step   seconds
batch_norm = false             25.00    50.00      0.2500               -        2.00       2.5
batch_norm = true              93.75    93.75      0.2500              40        2.00       2.5
)");
}

TEST_CASE("cell_text: means and deviations, of how many runs where some diverged or lack it") {
  const Table table =
      make_table({{"a", {run_of(36, 0, 0.5), run_of(36, 0, 0.75), run_of(37, 0, 0.25)}},
                  {"b", {run_of(36, 0, 0.25), diverged_run(7), run_of(36, 0, 0.5)}},
                  {"c", {diverged_run(1), diverged_run(2), diverged_run(3)}}});
  CHECK(table.rows[1].diverged == 1);
  const auto cells = [&](std::size_t row) {
    std::vector<std::string> texts;
    for (std::size_t c = 0; c < 6; ++c) texts.push_back(cell_text(table, row, c));
    return texts;
  };
  // Final and best accuracy, loss, steps to 20 %, milliseconds per step, seconds.
  CHECK(cells(0) == Texts{"50.00 ± 25.00", "50.00 ± 25.00", "0.2500 ± 0.0000", "40 ± 0 (2 of 3)",
                          "2.00", "2.5"});
  CHECK(cells(1) == Texts{"37.50 ± 17.68 (2 of 3)", "37.50 ± 17.68 (2 of 3)",
                          "0.2500 ± 0.0000 (2 of 3)", "40 ± 0 (2 of 3)", "2.00", "2.5"});
  CHECK(cells(2) == Texts{"-", "-", "-", "-", "-", "-"});
}

TEST_CASE("write_summary_csv: a row per variant, in the columns that scripts rely on") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "summary.csv";
  write_summary_csv(path, make_table({{"a = 1, b = 2", {run_of(36, 0, 0.5), diverged_run(7)}},
                                      {"a = 1, b = 3", {run_of(40, 0, 0.5)}}}));
  CHECK(file_text(path) ==
        "variant,runs,diverged,final_test_accuracy_mean,final_test_accuracy_sd,"
        "best_test_accuracy_mean,best_test_accuracy_sd,final_test_loss_mean,final_test_loss_sd,"
        "steps_to_0.2,runs_to_0.2,seconds_per_step,seconds\n"
        "a = 1; b = 2,2,1,0.5,nan,0.5,nan,0.25,nan,40,1,0.002,2.5\n"
        "a = 1; b = 3,1,0,0.5,nan,0.5,nan,0.25,nan,nan,0,0.002,2.5\n");
  CHECK(read_csv(path).numbers("steps_to_0.2")[0] == 40);
}

}  // namespace
}  // namespace minitape
