#include "minitape/compare/report.hpp"

#include <sstream>

#include "made_runs.hpp"
#include "minitape/run/csv.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

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

TEST_CASE("report: plot, table and the paths of what was written") {
  const TemporaryFolder folder;
  std::ostringstream out;
  report({.name = "tiny",
          .variations = {parse_variation("model.batch_norm=false,true")},
          .fairness = {.sentence = "", .same_weights = true, .same_batches = true}},
         kOneSeed, folder.path(), out);
  const std::string text = out.str();
  CHECK(text.find("Test accuracy") < text.find("batch_norm = true minus batch_norm = false"));
  CHECK(text.find((folder.path() / "summary.csv").string()) != std::string::npos);
  CHECK(read_csv(folder.path() / "summary.csv").rows.size() == 2);
}

}  // namespace
}  // namespace minitape
