#include "minitape/compare/report.hpp"

#include <fstream>

#include "made_runs.hpp"
#include "minitape/run/environment.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

Experiment experiment_of(const std::string& vary) {
  return {.name = "tiny",
          .variations = {parse_variation(vary)},
          .fairness = {.sentence = "Fair: <nothing> else differs."},
          .command = {"minitape", "compare", "it's.toml", "--seeds", "2"}};
}

const std::vector<VariantHistory> kVariants{
    {"batch_norm = false", {run_of(36, 0.5, 0.25), diverged_run(7)}},
    {"batch_norm = true", {run_of(20, 0.5, 0.9375), run_of(30, 0.5, 0.875)}}};

const std::string kSvg = "<?xml version=\"1.0\"?>\n<svg><text>A &lt; B</text></svg>\n";

std::string page_of(const Experiment& experiment, const std::vector<VariantHistory>& variants,
                    const std::string& svg = kSvg, const std::string& problem = "") {
  return report_page(experiment, variants, make_table(variants), {"One is < the other."}, svg,
                     problem);
}

// "" when the page has all the parts, in this order.
std::string lacks(const std::string& page, std::initializer_list<std::string> parts) {
  std::size_t at = 0;
  for (const std::string& part : parts) {
    at = page.find(part, at);
    if (at == page.npos) return part;
  }
  return "";
}

TEST_CASE("report_page: from what was varied to the commands, and no name is left unfilled") {
  const std::string page = page_of(experiment_of("model.batch_norm=false,true"), kVariants);
  CHECK(lacks(page,
              {"<!DOCTYPE html>",
               "<h1>tiny, compared</h1>",
               "with 2 seeds",
               "<code>model.batch_norm=false,true</code>",
               "One is &lt; the other.",
               "<h2>The numbers</h2>",
               "<th scope=\"col\">batch_norm = true</th>",
               "runs</th><td>2 (1 diverged)</td><td>2</td>",
               "test accuracy %</th><td>25.00 (1 of 2)</td><td>90.62 ± 4.42</td>",
               "steps to 99.5 %</th><td>-</td><td>40 (1 of 2)</td>",
               "training accuracy as seen %</th><td>87.50 (1 of 2)</td>",
               "last 20",
               "<h2>The curves</h2>",
               "<svg><text>A &lt; B</text></svg>",
               "<h2>Seed by seed</h2>",
               "<td>25.00</td><td>93.75</td>",
               "<td>diverged at step 7</td><td>87.50</td>",
               "Fair: &lt;nothing&gt; else differs.",
               "minitape compare &apos;it&apos;\\&apos;&apos;s.toml&apos; --seeds 2 --out again",
               "--vary model.batch_norm=false,true --seeds 2 --out again",
               "minitape train ",
               "The runs did not record it.",
               "batch_norm = true",
               "</html>\n"}) == "");
  CHECK(page.find("{{") == page.npos);
  CHECK(page.find("<?xml") == page.npos);
}

TEST_CASE("report_page: without a picture it says what is missing") {
  const std::string page =
      page_of(experiment_of("seed=1,2"), kVariants, "", "no curves.svg: gnuplot is not installed");
  CHECK(lacks(page, {"<h2>The curves</h2>", "no curves.svg: gnuplot is not installed"}) == "");
  CHECK(page.find("<div class=\"scroll picture\"") == page.npos);
}

TEST_CASE("report_page: where it ran, of facts that differ the first and the last") {
  const TemporaryFolder folder;
  std::vector<VariantHistory> variants = kVariants;
  int number = 0;
  for (VariantHistory& variant : variants) {
    for (RunHistory& run : variant.runs) {
      run.folder = folder.path() / std::to_string(++number);
      std::filesystem::create_directory(run.folder);
    }
  }
  const std::string same = R"("compiler": "GNU 1", "cpu": "A <fast> one")";
  std::ofstream(variants[0].runs[0].folder / "environment.json")
      << "{" << same << R"(, "threads": 2, "date": "2026-02-02T00:00:00Z"})";
  std::ofstream(variants[1].runs[0].folder / "environment.json")
      << "{" << same << R"(, "threads": 4, "date": "2026-01-01T00:00:00Z"})";
  std::ofstream(variants[1].runs[1].folder / "environment.json") << "{\"cpu\": ";
  const std::string page = page_of(experiment_of("model.batch_norm=false,true"), variants);
  CHECK(lacks(page, {"<dt>compiler</dt><dd>GNU 1</dd>", "<dt>cpu</dt><dd>A &lt;fast&gt; one</dd>",
                     "<dt>date</dt><dd>2026-01-01T00:00:00Z … 2026-02-02T00:00:00Z</dd>",
                     "<dt>threads</dt><dd>2 … 4</dd>"}) == "");
  CHECK(page == page_of(experiment_of("model.batch_norm=false,true"), variants));
}

TEST_CASE("report_page: names cannot break out of the page, and it stays UTF-8") {
  std::vector<VariantHistory> variants = kVariants;
  for (VariantHistory& variant : variants) variant.name = "</title><script>alert(1)</script>";
  Experiment experiment = experiment_of("data.dir=\"</pre><script>\",\"'\"");
  experiment.name = "--><script>";
  experiment.command[2] = "--><script>\xff\x1b";
  const std::string page = page_of(experiment, variants);
  CHECK(page.find("<script") == page.npos);
  CHECK(page.find("<title>--&gt;&lt;script&gt;, compared</title>") != page.npos);
  CHECK(page.find("--&gt;&lt;script&gt;??") != page.npos);
}

TEST_CASE("report_page: variants without any result have a page as well") {
  const std::vector<VariantHistory> nothing{{"a", {diverged_run(1)}}, {"b", {RunHistory{}}}};
  const std::string page = page_of(experiment_of("model.batch_norm=false,true"), nothing);
  CHECK(lacks(page, {"with one seed", "test accuracy %</th><td>-</td><td>-</td>",
                     "<td>diverged at step 1</td><td>-</td>", "</html>"}) == "");
  CHECK(page.find("nan") == page.npos);
}

}  // namespace
}  // namespace minitape
