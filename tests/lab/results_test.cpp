#include "minitape/lab/results.hpp"

#include <cmath>

#include "lab/made_tables.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

using Numbers = std::vector<double>;

// ---- Names of variants ----

TEST_CASE("fits: all parts of the text are whole parts of the name") {
  const std::string name = "stddev = 0.05, activation = relu, batch_norm = true";
  for (const char* of : {"", "batch_norm = true", "stddev = 0.05", "activation = relu",
                         "stddev = 0.05, batch_norm = true", "batch_norm = true, stddev = 0.05"}) {
    CAPTURE(std::string(of));
    CHECK(fits(name, of));
  }
  for (const char* of : {"batch_norm = false", "norm = true", "stddev = 0.0", "stddev = 0.05, x",
                         "relu", "activation = relu, batch_norm = false", "stddev = 0.055"}) {
    CAPTURE(std::string(of));
    CHECK_FALSE(fits(name, of));
  }
}

TEST_CASE("varied_key: the value of the key, wherever in the name, and the rest of the name") {
  CHECK(varied_key("learning_rate = 0.01", "learning_rate").value == 0.01);
  CHECK(varied_key("learning_rate = 3e-4, batch_norm = true", "learning_rate").value == 3e-4);
  CHECK(varied_key("batch_norm = true, epochs = 12, seed = 7", "epochs").value == 12);
  CHECK(varied_key("a = 1, epochs = 12, seed = 7", "epochs").others == "a = 1, seed = 7");
  CHECK(varied_key("epochs = 12", "epochs").others == "all");
  // A key whose name ends like another one's.
  CHECK(varied_key("step_epochs = 5, epochs = 12", "epochs").value == 12);
  CHECK(varied_key("epochs_more = 5, epochs = 12", "epochs").value == 12);
  CHECK(error_lacks({"[lab] \"rate\" must be a varied key", "\"learning_rate = 1\""},
                    [] { varied_key("learning_rate = 1", "rate"); }) == "");
  CHECK(error_lacks({"[lab] \"activation\" must be a varied key with numbers", "activation = relu"},
                    [] { varied_key("activation = relu, epochs = 1", "activation"); }) == "");
}

// ---- Series and numbers ----

// Three layers of type dense and one of type relu, two measurements.
RunHistory run_with_tables(MadeRuns& runs) {
  return runs.run({{"metrics.csv", "epoch,test_accuracy\n1,0.5\n2,0.75\n3,0.625\n"},
                   {"steps.csv", "step,epoch,loss\n1,1,4\n2,1,2\n3,2,1\n"},
                   {"probes.csv", "epoch,loss,change\n0,3,nan\n1,2,7\n"},
                   {"layers.csv",
                    "epoch,layer,sd\n"
                    "0,1.dense,8\n0,2.relu,5\n0,3.dense,4\n0,4.residual.0.dense,2\n"
                    "1,1.dense,27\n1,2.relu,9\n1,3.dense,9\n1,4.residual.0.dense,3\n"}});
}

TEST_CASE("series_of: a column over epochs, over steps, of a layer, and over layers") {
  MadeRuns runs;
  const RunHistory run = run_with_tables(runs);
  const auto check = [&run](const Measure& measure, const Numbers& x, const Numbers& y) {
    CAPTURE(measure.column);
    const Series series = series_of(run, measure);
    CHECK(series.x == x);
    CHECK(series.y == y);
  };
  check({.column = "metrics.test_accuracy"}, {1, 2, 3}, {0.5, 0.75, 0.625});
  check({.column = "steps.loss"}, {1, 2, 3}, {4, 2, 1});
  check({.column = "probes.loss"}, {0, 1}, {3, 2});
  check({.column = "layers.sd", .layer = "3.dense"}, {0, 1}, {4, 9});
  // Over layers: their places among those that end so, after the last epoch.
  check({.column = "layers.sd", .layers = "dense"}, {1, 2, 3}, {27, 9, 3});
  check({.column = "layers.sd", .layers = "relu"}, {1}, {9});
}

TEST_CASE("series_of: what a run does not have is named") {
  MadeRuns runs;
  const RunHistory run = run_with_tables(runs);
  const auto lacks = [&run](const Measure& measure, std::initializer_list<std::string_view> parts) {
    return error_lacks(parts, [&] { series_of(run, measure); });
  };
  CHECK(lacks({.column = "metrics.tset_accuracy"},
              {"metrics.csv\" must have a column \"tset_accuracy\""}) == "");
  CHECK(lacks({.column = "layer.sd"}, {"layer.csv", "missing"}) == "");
  CHECK(lacks({.name = "my sd", .column = "layers.sd", .layer = "dense"},
              {"[lab] the measure \"my sd\" is about layer \"dense\"", "does not have"}) == "");
  CHECK(lacks({.name = "my sd", .column = "layers.sd", .layers = "batch_norm"},
              {"\"batch_norm\"", "does not have"}) == "");
}

TEST_CASE("number_of: each way to take a number from a series") {
  MadeRuns runs;
  const RunHistory run = run_with_tables(runs);
  const auto taken = [&run](const std::string& take) {
    return number_of(run, {.column = "metrics.test_accuracy", .take = take});
  };
  CHECK(number_of(run, {.column = "metrics.test_accuracy"}) == 0.625);
  CHECK(taken("last") == 0.625);
  CHECK(taken("range") == 0.25);
  CHECK(taken("mean") == 0.625);
  CHECK(number_of(run, {.column = "probes.change", .take = "mean"}) == 7);
}

TEST_CASE("number_of: logit comes before what is taken") {
  MadeRuns runs;
  const RunHistory run = run_with_tables(runs);
  // Of 0.5, 0.75 and 0.625: log 1, log 3 and log 5/3.
  const Measure measure{.column = "metrics.test_accuracy", .logit = true, .take = "range"};
  CHECK(number_of(run, measure) == doctest::Approx(std::log(3)));
}

TEST_CASE("number_of: at, divided_by, power and times, in this order") {
  MadeRuns runs;
  const RunHistory run = run_with_tables(runs);
  CHECK(number_of(run, {.column = "metrics.test_accuracy", .take = "mean", .at = 1}) == 0.5);
  CHECK(number_of(run, {.column = "steps.loss", .at = 2}) == 2);
  CHECK(number_of(run, {.column = "layers.sd", .layers = "dense", .at = 2}) == 9);
  CHECK(number_of(run, {.column = "steps.loss", .at = 1, .divided_by = 2}) == 2);
  CHECK(number_of(run, {.column = "steps.loss", .divided_by = 2}) == 0.5);
  CHECK(number_of(run, {.column = "steps.loss", .at = 1, .divided_by = 3, .power = 0.5}) == 2);
  CHECK(number_of(run, {.column = "steps.loss", .at = 1, .power = -1}) == 0.25);
  CHECK(number_of(run,
                  {.column = "steps.loss", .at = 1, .divided_by = 2, .power = 3, .times = -100}) ==
        -800);
  CHECK(std::isnan(number_of(run, {.column = "steps.loss", .at = 4})));
  CHECK(std::isnan(number_of(run, {.column = "steps.loss", .divided_by = 0})));
}

TEST_CASE("number_of: a run that diverged counts as the measure says, or not at all") {
  MadeRuns runs;
  RunHistory run = run_with_tables(runs);
  run.diverged_at = 2;
  CHECK(std::isnan(number_of(run, {.column = "steps.loss"})));
  CHECK(number_of(run, {.column = "steps.loss", .times = 100, .if_diverged = 9.8}) == 9.8);
}

TEST_CASE("number_of: a table without rows has no number") {
  MadeRuns runs;
  const RunHistory run = runs.run({{"steps.csv", "step,loss\n"}, {"metrics.csv", "epoch,v\n"}});
  for (const char* take : {"last", "range", "mean"}) {
    CAPTURE(std::string(take));
    CHECK(std::isnan(number_of(run, {.column = "steps.loss", .take = take})));
  }
  CHECK(std::isnan(number_of(run, {.column = "metrics.v", .at = 1, .divided_by = 1})));
}

// ---- Verdicts ----

// An experiment with one measure, the number of MadeRuns::variant.
LabExperiment experiment_of(std::optional<double> if_diverged = {}) {
  return {.file = "made.toml",
          .measures = {{.name = "v", .column = "metrics.v", .if_diverged = if_diverged}}};
}

Claim claim_of(std::optional<double> at_least, std::optional<double> at_most = {}) {
  return {.value = "v", .of = "a = 1", .at_least = at_least, .at_most = at_most};
}

const std::string kHolds = "holds", kNot = "does not hold here",
                  kUnknown = "cannot be told from this run";

TEST_CASE("judge: the whole 95 % interval within the bounds, none of it, or neither") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{runs.variant("a = 1", {1.1, 1, 0.9})};
  const auto outcome = [&](std::optional<double> least, std::optional<double> most) {
    return judge(claim_of(least, most), experiment_of(), variants).outcome;
  };
  const Verdict verdict = judge(claim_of(0), experiment_of(), variants);
  CHECK(verdict.value.mean == doctest::Approx(1));
  CHECK(verdict.value.sd == doctest::Approx(0.1));
  const double half = 4.303 * 0.1 / std::sqrt(3);  // Student's t for two degrees of freedom
  CHECK(verdict.low == doctest::Approx(1 - half));
  CHECK(verdict.high == doctest::Approx(1 + half));

  CHECK(outcome(0.75, {}) == kHolds);
  CHECK(outcome(0.76, {}) == kUnknown);
  CHECK(outcome(1.24, {}) == kUnknown);
  CHECK(outcome(1.25, {}) == kNot);
  CHECK(outcome({}, 1.25) == kHolds);
  CHECK(outcome({}, 1.24) == kUnknown);
  CHECK(outcome({}, 0.76) == kUnknown);
  CHECK(outcome({}, 0.75) == kNot);
  CHECK(outcome(0.75, 1.25) == kHolds);
  CHECK(outcome(0.75, 1.2) == kUnknown);
  CHECK(outcome(0.8, 1.25) == kUnknown);
  CHECK(outcome(1.5, 2) == kNot);
  CHECK(outcome(-2, 0.5) == kNot);
}

TEST_CASE("judge: too few seeds tell nothing, unless all say the same") {
  MadeRuns runs;
  const auto of = [&](const Numbers& values, double least) {
    return judge(claim_of(least), experiment_of(), {runs.variant("a = 1", values)});
  };
  CHECK(of({1}, 0).outcome == kUnknown);
  CHECK(std::isnan(of({1}, 0).low));
  CHECK(of({1, 2}, 0).outcome == kUnknown);
  CHECK(of({1, 1}, 1).outcome == kHolds);
  CHECK(of({1, 1}, 1.5).outcome == kNot);
  CHECK(of({0, 0, 0}, 0).outcome == kHolds);
  const Verdict equal = of({2, 2, 2}, 2);
  CHECK(equal.outcome == kHolds);
  CHECK(equal.low == 2);
  CHECK(equal.high == 2);
}

TEST_CASE("judge: a run without the number leaves it open") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{runs.variant("a = 1", {3, 3, kNaN, 3})};
  CHECK(judge(claim_of(0), experiment_of(), variants).outcome == kUnknown);
  CHECK(judge(claim_of(0), experiment_of(), variants).value.count == 3);
  // A number for runs that diverged is a number.
  CHECK(judge(claim_of(0), experiment_of(3), variants).outcome == kHolds);
  CHECK(judge(claim_of({}, 100), experiment_of(1e6), variants).outcome == kUnknown);
}

TEST_CASE("judge: minus and over, seed by seed") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{runs.variant("a = 1", {2, 4, 8}),
                                             runs.variant("a = 2", {1, 3, 7}),
                                             runs.variant("a = 3", {4, 8, 16})};
  Claim claim = claim_of(0);
  claim.minus = "a = 2";
  Verdict verdict = judge(claim, experiment_of(), variants);
  CHECK(verdict.low == 1);  // the seeds differ, their differences do not
  CHECK(verdict.high == 1);
  claim.minus = "";
  claim.over = "a = 3";
  verdict = judge(claim, experiment_of(), variants);
  CHECK(verdict.low == 0.5);
  CHECK(verdict.high == 0.5);
  claim.minus = "a = 2";  // (2 − 1) / 4, (4 − 3) / 8, (8 − 7) / 16
  CHECK(judge(claim, experiment_of(), variants).value.mean == doctest::Approx(0.125));
}

TEST_CASE("judge: the largest varied value for which the measure is large enough") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{
      runs.variant("rate = 3, bn = true", {kNaN, 70, 70}),
      runs.variant("rate = 0.1, bn = true", {90, 80, 95}),
      runs.variant("rate = 0.03, bn = true", {90, 90, 90}),
      runs.variant("rate = 0.03, bn = false", {90, 79, 90}),
      runs.variant("rate = 0.01, bn = false", {90, 90, 90}),
      runs.variant("rate = 9, bn = other", {0, 0, 0}),
  };
  Claim claim{.value = "v", .of = "bn = true", .largest = "rate", .where_at_least = 80};
  CHECK(judge(claim, experiment_of(), variants).low == doctest::Approx(0.1));
  claim.over = "bn = false";  // 0.03, 0.01, 0.03
  CHECK(judge(claim, experiment_of(), variants).value.mean ==
        doctest::Approx(std::cbrt(0.1 / 0.03 * 0.1 / 0.01 * 0.1 / 0.03)));
  claim.over = "bn = other";
  CHECK(judge(claim, experiment_of(), variants).outcome == kUnknown);
  claim.largest = "bn";
  CHECK(error_lacks({"[lab] \"bn\" must be a varied key with numbers"},
                    [&] { judge(claim, experiment_of(), variants); }) == "");
}

TEST_CASE("judge: 0.3 is three times 0.1, whatever the last bit says") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{runs.variant("rate = 0.3, bn = true", {1, 1, 1}),
                                             runs.variant("rate = 0.1, bn = false", {1, 1, 1})};
  Claim claim{.value = "v", .of = "bn = true", .over = "bn = false", .largest = "rate"};
  const auto outcome = [&](std::optional<double> least, std::optional<double> most) {
    claim.at_least = least;
    claim.at_most = most;
    return judge(claim, experiment_of(), variants).outcome;
  };
  CHECK(0.3 / 0.1 < 3);
  CHECK(outcome(3, {}) == kHolds);
  CHECK(outcome({}, 3) == kHolds);
  CHECK(outcome(3.0001, {}) == kNot);
  CHECK(outcome({}, 2.9999) == kNot);
}

TEST_CASE("judge: a variant that there is not, or that several could be") {
  MadeRuns runs;
  const std::vector<VariantHistory> variants{runs.variant("a = 1, b = 1", {1, 1}),
                                             runs.variant("a = 1, b = 2", {2, 2}),
                                             runs.variant("a = 1", {3, 3})};
  Claim claim = claim_of(0);
  // A name in full is meant as it stands, wherever the variant is in the list.
  CHECK(judge(claim, experiment_of(), variants).low == 3);
  claim.of = "b = 2";
  CHECK(judge(claim, experiment_of(), variants).low == 2);
  claim.of = "";
  CHECK(error_lacks(
            {"[lab] made.toml", "about one variant: \"\" fits more than one of", "a = 1, b = 1"},
            [&] { judge(claim, experiment_of(), variants); }) == "");
  claim.of = "a = 2";
  CHECK(
      error_lacks({"[lab] made.toml", "about one variant: \"a = 2\" fits none of", "a = 1, b = 2"},
                  [&] { judge(claim, experiment_of(), variants); }) == "");
  claim.of = "b = 2";
  claim.minus = "b = 3";
  CHECK(error_lacks({"\"b = 3\""}, [&] { judge(claim, experiment_of(), variants); }) == "");
}

TEST_CASE("verdict: in words") {
  MadeRuns runs;
  const std::vector<VariantHistory> some{runs.variant("a = 1", {1.1, 1, 0.9})};
  const auto text = [&](const Claim& claim, const std::vector<VariantHistory>& variants) {
    return judge(claim, experiment_of(), variants).to_text(claim);
  };
  CHECK(text(claim_of(0.5), some) ==
        "holds: 1 (95 % interval 0.7516 to 1.248), claimed at least 0.5");
  CHECK(text(claim_of({}, 0.5), some) ==
        "does not hold here: 1 (95 % interval 0.7516 to 1.248), claimed at most 0.5");
  CHECK(text(claim_of(0.9, 1.1), some) ==
        "cannot be told from this run: 1 (95 % interval 0.7516 to 1.248), claimed at least 0.9 "
        "and at most 1.1");
  CHECK(text(claim_of(0.5), {runs.variant("a = 1", {2, 2})}) ==
        "holds: 2 (all seeds), claimed at least 0.5");
  CHECK(text(claim_of(0.5), {runs.variant("a = 1", {12.34567})}) ==
        "cannot be told from this run: 12.35, claimed at least 0.5");
}

// ---- The table ----

TEST_CASE("make_table of an experiment: a row for each variant, a column for each measure") {
  MadeRuns runs;
  LabExperiment experiment = experiment_of(10);
  experiment.measures.push_back(
      {.name = "percent", .column = "metrics.v", .times = 100, .digits = 0});
  const Table table =
      make_table(experiment, {runs.variant("a = 1", {1, 3}), runs.variant("a = 2", {2, kNaN})});
  REQUIRE(table.columns.size() == 2);
  CHECK(table.columns[0].title == "v");
  CHECK(table.columns[0].digits == -1);
  CHECK(table.columns[1].digits == 0);
  CHECK(table.columns[1].mean_name == "percent_mean");
  CHECK(table.columns[1].sd_name == "percent_sd");
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].name == "a = 1");
  CHECK(table.rows[0].runs == 2);
  CHECK(table.rows[0].diverged == 0);
  CHECK(table.rows[1].diverged == 1);
  CHECK(table.rows[0].cells[0].mean == 2);
  CHECK(table.rows[0].cells[1].mean == 200);
  CHECK(table.rows[1].cells[0].mean == 6);    // 2 and 10
  CHECK(table.rows[1].cells[1].mean == 200);  // 2 alone
  CHECK(cell_text(table, 0, 0) == "2 ± 1.41");
  CHECK(cell_text(table, 1, 1) == "200 (1 of 2)");
}

}  // namespace
}  // namespace minitape
