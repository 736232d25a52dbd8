#include "minitape/lab/results.hpp"

#include <cmath>
#include <sstream>

#include "curve_numbers.hpp"
#include "lab/made_tables.hpp"
#include "minitape/run/csv.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

using Numbers = std::vector<double>;

// ---- lab_charts ----

TEST_CASE("lab_charts: over epochs a curve for each variant, with the mean and its deviation") {
  MadeRuns runs;
  const auto run = [&runs](const std::string& rows) {
    return runs.run({{"metrics.csv", "epoch,v\n" + rows}});
  };
  LabExperiment experiment{.measures = {{.name = "v", .column = "metrics.v", .times = 100}},
                           .panels = {{.y = "v", .x = "epoch"}}};
  RunHistory short_run = run("1,0.5\n");
  short_run.diverged_at = 7;
  const std::vector<VariantHistory> variants{
      {"a = 1", {run("1,0.25\n2,0.5\n"), run("1,0.75\n2,0.5\n")}},
      {"a = 2", {short_run, run("1,1\n2,1\n3,nan\n")}}};
  const std::vector<Chart> charts = lab_charts(experiment, variants);
  REQUIRE(charts.size() == 1);
  CHECK(charts[0].title == "v");
  CHECK(charts[0].x_label == "epoch");
  CHECK(charts[0].y_label == "");
  REQUIRE(charts[0].curves.size() == 2);
  const Curve& first = charts[0].curves[0];
  CHECK(first.label == "a = 1");
  CHECK(xs(first) == Numbers{1, 2});
  CHECK(ys(first) == Numbers{50, 50});
  CHECK(first.points[0].spread == doctest::Approx(50 / std::sqrt(2)));
  CHECK(first.points[1].spread == 0);
  // A run that ended early is in the mean as long as it lasts; what cannot be drawn is a gap.
  const Curve& second = charts[0].curves[1];
  CHECK(xs(second) == Numbers{1, 2, 3});
  CHECK(second.points[0].y == 75);
  CHECK(second.points[1].y == 100);
  CHECK(std::isnan(second.points[2].y));

  experiment.panels = {{.y = "v", .x = "epoch", .of = "a = 2", .title = "Other"}};
  const Chart chosen = lab_charts(experiment, variants)[0];
  CHECK(chosen.title == "Other");
  REQUIRE(chosen.curves.size() == 1);
  CHECK(chosen.curves[0].label == "a = 2");
}

TEST_CASE("lab_charts: over steps a loss is smoothed, divided, and powers are taken") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{
      {"a = 1", {runs.run({{"steps.csv", "step,loss\n1,2\n2,4\n3,0\n"}})}}};
  LabExperiment experiment{.measures = {{.name = "l", .column = "steps.loss"}},
                           .panels = {{.y = "l", .x = "step"}}};
  CHECK(ys(lab_charts(experiment, variants)[0].curves[0]) == Numbers{2, 3, 2});
  experiment.measures[0].power = 2;
  experiment.measures[0].times = 10;
  CHECK(ys(lab_charts(experiment, variants)[0].curves[0]) == Numbers{40, 90, 40});
  experiment.measures[0].divided_by = 2;  // by the loss of step 2 itself, 4
  experiment.measures[0].times = 16;
  CHECK(ys(lab_charts(experiment, variants)[0].curves[0]) == Numbers{4, 9, 4});
}

TEST_CASE("lab_charts: over layers, by their places") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{
      {"a = 1",
       {runs.run({{"layers.csv",
                   "epoch,layer,sd\n0,0.dense,9\n0,1.relu,9\n0,2.dense,9\n"
                   "1,0.dense,1\n1,1.relu,7\n1,2.dense,0.01\n"}})}}};
  const LabExperiment experiment{
      .measures = {{.name = "sd", .column = "layers.sd", .layers = "dense"}},
      .panels = {{.y = "sd", .x = "layer", .log_y = true}}};
  const Chart chart = lab_charts(experiment, variants)[0];
  CHECK(chart.x_label == "layer");
  CHECK(chart.y_label == "log10");
  CHECK(xs(chart.curves[0]) == Numbers{1, 2});
  CHECK(ys(chart.curves[0]) == Numbers{0, -2});
}

TEST_CASE("lab_charts: over a varied key a curve for each setting of the others, x in order") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{
      runs.variant("rate = 1, bn = false", {kNaN, kNaN}),
      runs.variant("rate = 1, bn = true", {10, 1000}),
      runs.variant("rate = 0.01, bn = false", {1, kNaN}),
      runs.variant("rate = 0.01, bn = true", {10, 10}),
  };
  LabExperiment experiment{.measures = {{.name = "v", .column = "metrics.v"}},
                           .panels = {{.y = "v", .x = "rate", .log_x = true}}};
  Chart chart = lab_charts(experiment, variants)[0];
  CHECK(chart.x_label == "log10 of rate");
  CHECK(chart.y_label == "");
  REQUIRE(chart.curves.size() == 2);
  CHECK(chart.curves[0].label == "bn = false");
  CHECK(chart.curves[1].label == "bn = true");
  CHECK(xs(chart.curves[0]) == Numbers{-2, 0});
  CHECK(chart.curves[0].points[0].y == 1);
  CHECK(std::isnan(chart.curves[0].points[0].spread));
  CHECK(std::isnan(chart.curves[0].points[1].y));  // both diverged: a gap
  CHECK(ys(chart.curves[1]) == Numbers{10, 505});

  // On a logarithmic axis the mean is that of the logarithms, and so is the deviation.
  experiment.panels[0] = {.y = "v", .x = "rate", .log_y = true};
  chart = lab_charts(experiment, variants)[0];
  CHECK(chart.x_label == "rate");
  CHECK(xs(chart.curves[1]) == Numbers{0.01, 1});
  CHECK(ys(chart.curves[1]) == Numbers{1, 2});
  CHECK(chart.curves[1].points[1].spread == doctest::Approx(std::sqrt(2)));

  // What a run that diverged counts as is drawn, too.
  experiment.measures[0].if_diverged = 0.1;
  chart = lab_charts(experiment, variants)[0];
  CHECK(ys(chart.curves[0]) == Numbers{-0.5, -1});

  // Where nothing else varies, one curve.
  experiment.panels[0] = {.y = "v", .x = "rate", .of = "bn = true"};
  CHECK(lab_charts(experiment, variants)[0].curves.size() == 1);
  chart = lab_charts(experiment, {runs.variant("rate = 1, bn = true", {1})})[0];
  CHECK(chart.curves[0].label == "bn = true");
  experiment.panels[0].of = "";
  chart = lab_charts(experiment, {runs.variant("rate = 1", {1})})[0];
  CHECK(chart.curves[0].label == "all");
  experiment.panels[0].x = "momentum";
  CHECK(error_lacks({"[lab] \"momentum\" must be a varied key"},
                    [&] { lab_charts(experiment, variants); }) == "");
}

// ---- lab_report ----

struct Reported {
  explicit Reported(const LabExperiment& experiment,
                    const std::vector<std::string>& expected = {}) {
    MadeRuns runs;
    std::ostringstream out;
    lab_report(experiment, {runs.variant("a = 1", {1, 1, 1}), runs.variant("a = 2", {2, 2.5, 3})},
               "They are alike.", expected, folder.path(), out);
    text = out.str();
    section = file_text(folder.path() / "section.md");
  }

  TemporaryFolder folder;
  std::string text, section;
};

LabExperiment bars_and_claims() {
  return {
      .file = "somewhere/bars.toml",
      .name = "bars",
      .question = "What of |x|?",
      .source = "A book",
      .next = "Try y.",
      .measures = {{.name = "|v|", .column = "metrics.v", .digits = 1}},
      .panels = {{.y = "|v|", .x = "epoch"}},
      .claims = {
          {.says = "|x| is 1.",
           .value = "|v|",
           .of = "a = 1",
           .at_least = 1,
           .at_most = 1,
           .published = "|1|, ||"},
          {.says = "It grows.", .value = "|v|", .of = "a = 2", .minus = "a = 1", .at_least = 100}}};
}

TEST_CASE("lab_report: section.md, with bars that do not end a cell") {
  const Reported reported(bars_and_claims());
  CHECK(reported.section ==
        "## bars\n\n"
        "**What of |x|?**\n\n"
        "A book. Setting: [`bars.toml`](../apps/configs/lab/bars.toml), 2 variants, 3 seeds. They "
        "are alike.\n\n"
        "![What of |x|?](lab/bars.svg)\n\n"
        "| variant | \\|v\\| |\n"
        "| --- | ---: |\n"
        "| a = 1 | 1.0 ± 0.0 |\n"
        "| a = 2 | 2.5 ± 0.5 |\n\n"
        "| claim | ours | published |\n"
        "| --- | --- | --- |\n"
        "| \\|x\\| is 1. | **holds**: 1 (all seeds), claimed at least 1 and at most 1 | "
        "\\|1\\|, \\|\\| |\n"
        "| It grows. | **does not hold here**: 1.5 (95 % interval 0.2578 to 2.742), claimed at "
        "least 100 | - |\n\n"
        "To try next: Try y.\n");
}

TEST_CASE("lab_report: without panels there is no figure") {
  LabExperiment experiment = bars_and_claims();
  experiment.panels.clear();
  const Reported reported(experiment);
  CHECK(reported.section.find("![") == std::string::npos);
  CHECK_FALSE(std::filesystem::exists(reported.folder.path() / "curves.dat"));
}

TEST_CASE("lab_report: what is printed, in order, and the files it names") {
  const Reported reported(bars_and_claims(), {"y, surely"});
  const auto path = [&](const char* file) { return (reported.folder.path() / file).string(); };
  std::size_t at = 0;
  for (const std::string& part :
       {std::string("\nWhat of |x|?\n"), std::string("a = 1"), std::string("2.5 ± 0.5"),
        std::string("|x| is 1.\n  holds: 1 (all seeds), claimed at least 1 and at most 1\n"
                    "  published: |1|, ||\n  you expected: y, surely\n"
                    "It grows.\n  does not hold here: 1.5"),
        std::string("To try next: Try y.\n"), path("table.csv"), path("section.md")}) {
    CAPTURE(part);
    at = reported.text.find(part, at);
    REQUIRE(at != std::string::npos);
  }
  // The second claim has no published number and no expectation.
  CHECK(reported.text.find("published", reported.text.find("It grows.")) == std::string::npos);
  CHECK(reported.text.find("expected", reported.text.find("It grows.")) == std::string::npos);

  const CsvTable table = read_csv(reported.folder.path() / "table.csv");
  CHECK(table.rows.size() == 2);
  CHECK(table.numbers("|v|_mean") == Numbers{1, 2.5});
  CHECK(table.numbers("|v|_sd") == Numbers{0, 0.5});
  CHECK(std::filesystem::exists(reported.folder.path() / "curves.dat"));
  CHECK(std::filesystem::exists(reported.folder.path() / "curves.gp"));
}

TEST_CASE("lab_report: a comma in a measure's name does not cut a column of table.csv in two") {
  LabExperiment experiment = bars_and_claims();
  experiment.measures.push_back({.name = "after 1 epoch, %", .column = "metrics.v", .times = 100});
  const Reported reported(experiment);
  const CsvTable table = read_csv(reported.folder.path() / "table.csv");
  CHECK(table.columns.size() == 7);
  CHECK(table.numbers("after 1 epoch; %_mean") == Numbers{100, 250});
  CHECK(table.numbers("after 1 epoch; %_sd") == Numbers{0, 50});
}

}  // namespace
}  // namespace minitape
