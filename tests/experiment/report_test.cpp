#include "minitape/experiment/report.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "experiment/temporary_folder.hpp"
#include "minitape/experiment/csv.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A run of 40 steps, of which the first `wrong` get nothing right and the others everything, and of
// two epochs with these test accuracies.
RunHistory run_of(std::size_t wrong, double first, double last) {
  RunHistory run{.step_seconds = std::vector<double>(40, 0.002),
                 .loss = std::vector<double>(40, 0.5),
                 .accuracy = std::vector<double>(40, 1),
                 .epochs = {1, 2},
                 .epoch_steps = {20, 40},
                 .test_accuracy = {first, last},
                 .test_loss = {1, 0.25},
                 .seconds = {1, 2.5}};
  run.steps.resize(40);
  std::iota(run.steps.begin(), run.steps.end(), 1);
  std::fill_n(run.accuracy.begin(), wrong, 0.0);
  run.step_seconds[0] = 9;  // the first step is slow: a mean would show it, a median does not
  return run;
}

RunHistory diverged_run(Index step) {
  RunHistory run = run_of(0, 0.1, kNaN);
  run.diverged_at = step;
  return run;
}

TEST_CASE("mean_sd: by hand, without what is no number") {
  const MeanSd three = mean_sd({1, kNaN, 2, 6});
  CHECK(three.count == 3);
  CHECK(three.mean == 3);
  CHECK(three.sd == doctest::Approx(std::sqrt(7.0)));  // (4 + 1 + 9) / 2
  const MeanSd one = mean_sd({5});
  CHECK(one.mean == 5);
  CHECK(std::isnan(one.sd));
  CHECK(std::isnan(mean_sd({}).mean));
  CHECK(mean_sd({kNaN}).count == 0);
}

TEST_CASE("steps_to_reach: the first step at which the last 20 batches average that much") {
  // Steps 11 to 20 are right: half of the first 20. Step 21 drops a wrong one for a right one.
  const RunHistory run = run_of(10, 0, 0);
  CHECK(steps_to_reach(run, 0.5) == 20);
  CHECK(steps_to_reach(run, 0.55) == 21);
  CHECK(steps_to_reach(run, 1) == 30);
  CHECK(steps_to_reach(run_of(0, 0, 0), 0.5) == 20);  // never before there are 20
  // The first ten right, the next ten wrong: from step 31 on the window loses wrong ones.
  RunHistory setback = run_of(20, 0, 0);
  std::fill_n(setback.accuracy.begin(), 10, 1.0);
  CHECK(steps_to_reach(setback, 0.55) == 31);
  CHECK(std::isnan(steps_to_reach(run_of(21, 0, 0), 1)));
  CHECK(std::isnan(steps_to_reach(RunHistory{}, 0.2)));
}

TEST_CASE("summarize_runs: the three highest thresholds that some run reached") {
  CHECK(summarize_runs({{"a", {run_of(0, 0, 0)}}}).thresholds ==
        std::vector<double>{0.98, 0.99, 0.995});
  CHECK(summarize_runs({{"a", {run_of(35, 0, 0)}}}).thresholds == std::vector<double>{0.2});
  CHECK(summarize_runs({{"a", {run_of(40, 0, 0)}}}).thresholds.empty());
  CHECK(summarize_runs({{"a", {diverged_run(3)}}}).thresholds.empty());
}

TEST_CASE("summarize_runs: means of the last and the best epoch, medians of the steps") {
  const VariantResult result =
      summarize_runs({{"a", {run_of(0, 0.75, 0.5), run_of(10, 0.25, 1)}}}).variants[0];
  CHECK(result.runs == 2);
  CHECK(result.diverged == 0);
  CHECK(result.final_accuracy.mean == 0.75);
  CHECK(result.best_accuracy.mean == 0.875);
  CHECK(result.final_loss.mean == 0.25);
  CHECK(result.step_seconds.mean == 0.002);
  CHECK(result.seconds.mean == 2.5);
  CHECK(result.steps_to[0].mean == 25);  // 98 %: at steps 20 and 30
}

const std::vector<VariantHistory> kOneSeed{{"batch_norm = false", {run_of(40, 0.5, 0.25)}},
                                           {"batch_norm = true", {run_of(36, 0.5, 0.9375)}}};

const std::string kLegend =
    "Steps to x %: the first step at which the last 20 training batches average x %, each before "
    "its update.\n";

std::string table_of(const std::vector<VariantHistory>& variants) {
  return "\n" + to_table(summarize_runs(variants), variants);
}

TEST_CASE("to_table: one seed") {
  CHECK(table_of(kOneSeed) == R"(
                     test accuracy %   best %   test loss   steps to 20 %   ms / step   seconds
batch_norm = false             25.00    50.00      0.2500               -        2.00       2.5
batch_norm = true              93.75    93.75      0.2500              40        2.00       2.5
One seed: differences may be chance; try --seeds 3.
)" + kLegend +
                                  "batch_norm = true minus batch_norm = false, seed by seed: "
                                  "+68.75 points of final test accuracy (1 pair)\n");
}

TEST_CASE("to_table: three seeds, one of them diverged, one not as far as the others") {
  // Differences of the seeds that both have: −0.25 and +0.25.
  CHECK(table_of({{"a", {run_of(36, 0, 0.5), run_of(36, 0, 0.75), run_of(37, 0, 0.25)}},
                  {"b", {run_of(36, 0, 0.25), diverged_run(7), run_of(36, 0, 0.5)}}}) ==
        R"(
    test accuracy %          best %         test loss     steps to 20 %   ms / step   seconds
a     50.00 ± 25.00   50.00 ± 25.00   0.2500 ± 0.0000   40 ± 0 (2 of 3)        2.00       2.5
b     37.50 ± 17.68   37.50 ± 17.68   0.2500 ± 0.0000   40 ± 0 (2 of 3)        2.00       2.5
b: diverged at step 7
Mean ± standard deviation over 3 seeds.
)" + kLegend +
            "b minus a, seed by seed: "
            "+0.00 ± 35.36 points of final test accuracy (2 pairs)\n");
}

TEST_CASE("to_table: a variant that always diverged has no numbers, and no difference to show") {
  const std::string table = table_of({{"a", {run_of(40, 0, 0.5)}}, {"b", {diverged_run(7)}}});
  CHECK(table.find("\nb                 -        -           -           -         -\n") !=
        std::string::npos);
  CHECK(table.find("b: diverged at step 7\n") != std::string::npos);
  CHECK(table.find("minus") == std::string::npos);
  CHECK(table.find("Steps to") == std::string::npos);
}

TEST_CASE("write_summary_csv: a row per variant, in the columns that scripts rely on") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "summary.csv";
  write_summary_csv(path, summarize_runs({{"a = 1, b = 2", {run_of(36, 0, 0.5), diverged_run(7)}},
                                          {"a = 1, b = 3", {run_of(40, 0, 0.5)}}}));
  CHECK(file_text(path) ==
        "variant,runs,diverged,final_test_accuracy_mean,final_test_accuracy_sd,"
        "best_test_accuracy_mean,best_test_accuracy_sd,final_test_loss_mean,final_test_loss_sd,"
        "steps_to_0.2,runs_to_0.2,seconds_per_step,seconds\n"
        "a = 1; b = 2,2,1,0.5,nan,0.5,nan,0.25,nan,40,1,0.002,2.5\n"
        "a = 1; b = 3,1,0,0.5,nan,0.5,nan,0.25,nan,nan,0,0.002,2.5\n");
  CHECK(read_csv(path).numbers("steps_to_0.2")[0] == 40);
}

TEST_CASE("report: plot, table and the paths of what was written") {
  const TemporaryFolder folder;
  std::ostringstream out;
  report(kOneSeed, {.sentence = "", .same_weights = true, .same_batches = true}, folder.path(),
         out);
  const std::string text = out.str();
  CHECK(text.find("Test accuracy") < text.find("batch_norm = true minus batch_norm = false"));
  CHECK(text.find((folder.path() / "summary.csv").string()) != std::string::npos);
  CHECK(read_csv(folder.path() / "summary.csv").rows.size() == 2);
}

}  // namespace
}  // namespace minitape
