#include "minitape/compare/chart.hpp"

#include <cmath>
#include <numeric>

#include "curve_numbers.hpp"
#include "minitape/compare/results.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

using Numbers = std::vector<double>;

// A run with a test accuracy after each epoch and a loss at each step.
RunHistory run_with(std::vector<double> accuracies, std::vector<double> losses) {
  RunHistory run{.loss = std::move(losses), .test_accuracy = std::move(accuracies)};
  run.epochs.resize(run.test_accuracy.size());
  run.steps.resize(run.loss.size());
  std::iota(run.epochs.begin(), run.epochs.end(), 1);
  std::iota(run.steps.begin(), run.steps.end(), 1);
  return run;
}

TEST_CASE("curves: accuracy in percent, mean and deviation over the seeds") {
  const auto charts = comparison_charts(
      {{"a = 1", {run_with({0.5, 0.75}, {1}), run_with({0.25, 0.75}, {1})}}, {"a = 2", {}}});
  REQUIRE(charts.size() == 2);
  const Chart& accuracy = charts[0];
  CHECK(accuracy.x_label == "epoch");
  CHECK(accuracy.y_label == "%");
  REQUIRE(accuracy.curves.size() == 2);
  const Curve& curve = accuracy.curves[0];
  CHECK(curve.label == "a = 1");
  CHECK(xs(curve) == Numbers{1, 2});
  CHECK(ys(curve) == Numbers{37.5, 75});
  CHECK(curve.points[0].spread == doctest::Approx(25 / std::sqrt(2)));  // of 50 and 25, n − 1 = 1
  CHECK(curve.points[1].spread == 0);
  CHECK(accuracy.curves[1].points.empty());
}

TEST_CASE("curves: one seed has no deviation, and a run that ended early leaves the mean") {
  const Curve one = comparison_charts({{"one", {run_with({0.5}, {1})}}})[0].curves[0];
  CHECK(ys(one) == Numbers{50});
  CHECK(std::isnan(one.points[0].spread));

  const auto charts = comparison_charts(
      {{"a", {run_with({0.25, 0.75, 1}, {2, 2, 2}), run_with({0.5}, {4, kInfinity})}}});
  CHECK(xs(charts[0].curves[0]) == Numbers{1, 2, 3});
  CHECK(ys(charts[0].curves[0]) == Numbers{37.5, 75, 100});
  CHECK(xs(charts[1].curves[0]) == Numbers{1, 2, 3});
  CHECK(ys(charts[1].curves[0]) == Numbers{3, 2, 2});  // not infinite at step 2
}

TEST_CASE("curves: training loss is the mean of the last steps, as many as there are") {
  std::vector<double> losses(kSmoothing + 2, 0);
  losses[0] = 60;
  losses[1] = 20;
  const Numbers y = ys(comparison_charts({{"a", {run_with({}, losses)}}})[1].curves[0]);
  CHECK(y[0] == 60);
  CHECK(y[1] == 40);
  CHECK(y[3] == 20);
  CHECK(y[kSmoothing - 1] == 4);  // all 20: the 80 are spread
  CHECK(y[kSmoothing] == 1);      // the first is out of the window
  CHECK(y[kSmoothing + 1] == 0);
}

TEST_CASE("curves: many steps are thinned out evenly to at most 200 points") {
  for (const std::size_t steps : {200u, 201u, 1000u}) {
    CAPTURE(steps);
    std::vector<double> losses(steps);
    std::iota(losses.begin(), losses.end(), 1);
    const Curve curve = comparison_charts({{"a", {run_with({}, losses)}}})[1].curves[0];
    const std::size_t stride = steps == 200 ? 1 : steps == 201 ? 2 : 5;
    CHECK(curve.points.size() == steps / stride);
    CHECK(curve.points[0].x == static_cast<double>(stride));
    CHECK(curve.points[1].x == static_cast<double>(2 * stride));
    // Loss i at step i, averaged over the last 20: step − 9.5.
    CHECK(curve.points.back().y == doctest::Approx(curve.points.back().x - 9.5));
  }
}

}  // namespace
}  // namespace minitape
