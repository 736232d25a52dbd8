#include "minitape/compare/report.hpp"

#include <sstream>

#include "made_runs.hpp"
#include "minitape/run/csv.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

TEST_CASE("report: plot, table, answer and the paths of what was written") {
  const TemporaryFolder folder;
  std::ostringstream out;
  report({.name = "tiny",
          .variations = {parse_variation("model.batch_norm=false,true")},
          .fairness = {.sentence = "", .same_weights = true, .same_batches = true}},
         {{"batch_norm = false", {run_of(40, 0.5, 0.25)}},
          {"batch_norm = true", {run_of(36, 0.5, 0.9375)}}},
         folder.path(), out);
  const std::string text = out.str();
  std::size_t at = 0;
  for (const std::string& part :
       {std::string("Test accuracy (%)"), std::string("test accuracy %   best %"),
        std::string("the last 20 training batches"),
        std::string("batch_norm = true minus batch_norm = false: +68.75 points"),
        (folder.path() / "summary.csv").string(), (folder.path() / "report.html").string()}) {
    CAPTURE(part);
    at = text.find(part, at);
    REQUIRE(at != text.npos);
  }
  CHECK(read_csv(folder.path() / "summary.csv").rows.size() == 2);
  const std::string page = file_text(folder.path() / "report.html");
  CHECK(page.find("batch_norm = true minus batch_norm = false: +68.75 points") != page.npos);
  const std::string script = file_text(folder.path() / "curves.gp");
  CHECK(script.find("'One seed. Same initial weights within a seed. Same batches and "
                    "augmentation.'") != script.npos);
}

}  // namespace
}  // namespace minitape
