#include "minitape/compare/curves.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "minitape/compare/results.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A run with a test accuracy after each epoch and a loss at each step.
RunHistory run_of(std::vector<double> accuracies, std::vector<double> losses) {
  RunHistory run{.loss = std::move(losses), .test_accuracy = std::move(accuracies)};
  run.epochs.resize(run.test_accuracy.size());
  run.steps.resize(run.loss.size());
  std::iota(run.epochs.begin(), run.epochs.end(), 1);
  std::iota(run.steps.begin(), run.steps.end(), 1);
  return run;
}

TEST_CASE("curves: accuracy in percent, mean and deviation over the seeds") {
  const auto charts = comparison_charts(
      {{"a = 1", {run_of({0.5, 0.75}, {1}), run_of({0.25, 0.75}, {1})}}, {"a = 2", {}}});
  REQUIRE(charts.size() == 2);
  const Chart& accuracy = charts[0];
  CHECK(accuracy.x_label == "epoch");
  CHECK(accuracy.y_label == "%");
  REQUIRE(accuracy.curves.size() == 2);
  const Curve& curve = accuracy.curves[0];
  CHECK(curve.label == "a = 1");
  CHECK(curve.x == std::vector<double>{1, 2});
  CHECK(curve.y == std::vector<double>{37.5, 75});
  CHECK(curve.spread[0] == doctest::Approx(25 / std::sqrt(2)));  // of 50 and 25, n − 1 = 1
  CHECK(curve.spread[1] == 0);
  CHECK(accuracy.curves[1].x.empty());
  for (const Chart& chart : charts) CHECK_NOTHROW(check_chart(chart));
}

TEST_CASE("curves: one seed has no deviation, and a run that ended early leaves the mean") {
  const Curve one = comparison_charts({{"one", {run_of({0.5}, {1})}}})[0].curves[0];
  CHECK(one.y == std::vector<double>{50});
  CHECK(std::isnan(one.spread[0]));

  const auto charts = comparison_charts(
      {{"a", {run_of({0.25, 0.75, 1}, {2, 2, 2}), run_of({0.5}, {4, kInfinity})}}});
  CHECK(charts[0].curves[0].x == std::vector<double>{1, 2, 3});
  CHECK(charts[0].curves[0].y == std::vector<double>{37.5, 75, 100});
  CHECK(charts[1].curves[0].x == std::vector<double>{1, 2, 3});
  CHECK(charts[1].curves[0].y == std::vector<double>{3, 2, 2});  // not infinite at step 2
}

TEST_CASE("curves: training loss is the mean of the last steps, as many as there are") {
  std::vector<double> losses(kSmoothing + 2, 0);
  losses[0] = 60;
  losses[1] = 20;
  const Curve curve = comparison_charts({{"a", {run_of({}, losses)}}})[1].curves[0];
  CHECK(curve.y[0] == 60);
  CHECK(curve.y[1] == 40);
  CHECK(curve.y[3] == 20);
  CHECK(curve.y[kSmoothing - 1] == 4);  // all 20: the 80 are spread
  CHECK(curve.y[kSmoothing] == 1);      // the first is out of the window
  CHECK(curve.y[kSmoothing + 1] == 0);
}

TEST_CASE("curves: many steps are thinned out evenly to at most 200 points") {
  for (const std::size_t steps : {200u, 201u, 1000u}) {
    CAPTURE(steps);
    std::vector<double> losses(steps);
    std::iota(losses.begin(), losses.end(), 1);
    const Curve curve = comparison_charts({{"a", {run_of({}, losses)}}})[1].curves[0];
    const std::size_t stride = steps == 200 ? 1 : steps == 201 ? 2 : 5;
    CHECK(curve.x.size() == steps / stride);
    CHECK(curve.x.front() == static_cast<double>(stride));
    CHECK(curve.x[1] - curve.x[0] == static_cast<double>(stride));
    // Loss i at step i, averaged over the last 20: step − 9.5.
    CHECK(curve.y.back() == doctest::Approx(curve.x.back() - 9.5));
  }
}

}  // namespace
}  // namespace minitape
