#include "minitape/compare/html_report.hpp"

#include <fstream>

#include "made_runs.hpp"
#include "minitape/run/environment.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

Experiment experiment_of(const std::string& vary, const Config& config = {}) {
  return {.name = "tiny",
          .variations = {parse_variation(vary)},
          .config = config,
          .fairness = {.sentence = "Fair: <nothing> else differs."},
          .command = {"minitape", "compare", "it's.toml", "--seeds", "2"}};
}

const std::vector<VariantHistory> kVariants{
    {"batch_norm = false", {run_of(36, 0.5, 0.25), diverged_run(7)}},
    {"batch_norm = true", {run_of(20, 0.5, 0.9375), run_of(30, 0.5, 0.875)}}};

std::string page_of(const Experiment& experiment, const std::vector<VariantHistory>& variants) {
  return html_report(experiment, variants, summarize_runs(variants));
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

TEST_CASE("html_report: from the question to the commands") {
  const std::string page = page_of(experiment_of("model.batch_norm=false,true"), kVariants);
  CHECK(lacks(page, {"<title>Does batch_norm = true help tiny?</title>",
                     "<h1>Does batch_norm = true help tiny?</h1>", "One seed cannot tell.",
                     "1 of 2 runs of batch_norm = false diverged, at step 7",
                     "<h2>The numbers</h2>", "<h2>The curves</h2>", "<svg ", "<svg ",
                     "<h2>Seed by seed</h2>", "diverged at step 7",
                     "<h2>Statistics or overfitting?</h2>", "Fair: &lt;nothing&gt; else differs.",
                     "minitape compare &#39;it&#39;\\&#39;&#39;s.toml&#39; --seeds 2 --out again",
                     "--vary model.batch_norm=false,true --seeds 2 --out again",
                     "The runs did not record it.", "</html>\n"}) == "");
}

TEST_CASE("html_report: means and deviations, with the exact numbers behind them") {
  const std::string page = page_of(experiment_of("model.batch_norm=false,true"), kVariants);
  CHECK(
      lacks(page,
            {"<data value=\"2\">2</data><small><data value=\"1\">1</data> diverged, at step 7",
             "Test accuracy at the end, %</th><td><data value=\"0.25\">25.00</data></td><td><data "
             "value=\"0.90625\">90.62</data> <span class=\"sd\">± <data "
             "value=\"0.04419417382415922\">4.42</data></span></td>",
             "Steps to 99.5 %</th><td>–<small><data value=\"0\">0</data> of 2 runs</small></td>",
             "Milliseconds per step</th><td><data value=\"0.002\">2.00</data></td>",
             // As seen while training, evaluated, test set.
             "<data value=\"0.875\">87.50</data></td><td><data value=\"0.75\">75.00</data></td>"
             "<td><data value=\"0.25\">25.00</data></td>"}) == "");
}

TEST_CASE("html_report: the varied keys of the config are marked, and no others") {
  Config config;
  config.model.layers = {{.type = "relu"}, {.type = "flatten"}};
  const std::string page =
      page_of(experiment_of("model.layers=[{type=\"relu\"}],[]", config), kVariants);
  CHECK(lacks(page,
              {"\nbatch_norm = true  # false removes every batch_norm layer\n",
               "\n<mark>layers = [</mark>  ← varied: model.layers = [{type=&quot;relu&quot;}], "
               "[]\n<mark>  { type = &quot;relu&quot; },</mark>\n<mark>  { type = "
               "&quot;flatten&quot; },</mark>\n<mark>]</mark>\n\n[batch_norm]\nepsilon"}) == "");
  const std::string init = page_of(experiment_of("model.init={type=\"zeros\"},1"), kVariants);
  CHECK(lacks(init, {"\n<mark>init.type = &quot;he_normal&quot;", "</mark>  ← varied",
                     "\nlayers"}) == "");
  CHECK(page.find("<mark>") != page.npos);
}

TEST_CASE("html_report: where it ran, each fact once, also where runs differ or say nothing") {
  const TemporaryFolder folder;
  std::vector<VariantHistory> variants = kVariants;
  int number = 0;
  for (VariantHistory& variant : variants) {
    for (RunHistory& run : variant.runs) {
      run.folder = folder.path() / std::to_string(++number);
      std::filesystem::create_directory(run.folder);
    }
  }
  Environment facts{.version = "0.1", .compiler = "GNU 1", .threads = 2, .cpu = "A <fast> one"};
  facts.date = "2026-02-02T00:00:00Z";
  std::ofstream(variants[0].runs[0].folder / "environment.json") << environment_json(facts);
  facts.threads = 4;
  facts.date = "2026-01-01T00:00:00Z";
  std::ofstream(variants[1].runs[0].folder / "environment.json") << environment_json(facts);
  std::ofstream(variants[1].runs[1].folder / "environment.json") << "{\"cpu\": ";
  const std::string page = page_of(experiment_of("model.batch_norm=false,true"), variants);
  CHECK(lacks(page, {"<dt>Processor</dt><dd>A &lt;fast&gt; one</dd>",
                     "<dt>Threads</dt><dd>2; 4</dd>", "<dt>Compiler</dt><dd>GNU 1</dd>",
                     "<dt>Runs began</dt><dd>2026-01-01T00:00:00Z to 2026-02-02T00:00:00Z</dd>"}) ==
        "");
  CHECK(page.find("… forced to") == page.npos);
  CHECK(page == page_of(experiment_of("model.batch_norm=false,true"), variants));
}

TEST_CASE("html_report: names cannot break out of the page") {
  std::vector<VariantHistory> variants = kVariants;
  for (VariantHistory& variant : variants) variant.name = "</title><script>alert(1)</script>";
  Experiment experiment = experiment_of("data.dir=\"</pre><script>\",\"'\"");
  experiment.name = experiment.command[2] = "--><script>";
  const std::string page = page_of(experiment, variants);
  CHECK(page.find("<script") == page.npos);
  CHECK(page.find("<title>How does dir change --&gt;&lt;script&gt;?</title>") != page.npos);
}

TEST_CASE("html_report: variants without any result have a page as well") {
  const std::vector<VariantHistory> nothing{{"a", {diverged_run(1)}}, {"b", {RunHistory{}}}};
  const std::string page = page_of(experiment_of("model.batch_norm=false,true"), nothing);
  CHECK(lacks(page, {"No seed was completed with both.", "1 of 1 run of a diverged, at step 1",
                     "</html>"}) == "");
  CHECK(page.find("nan") == page.npos);
}

}  // namespace
}  // namespace minitape
