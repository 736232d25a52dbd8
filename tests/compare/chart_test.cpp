#include "minitape/compare/chart.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include "testing.hpp"

namespace minitape {
namespace {

using Numbers = std::vector<double>;

// A chart with one curve; without spreads where there are none.
Chart chart_of(const Numbers& x, const Numbers& y, const Numbers& spread = {}) {
  Curve curve{"curve", {}};
  for (std::size_t i = 0; i < x.size(); ++i) {
    curve.points.push_back({x[i], y[i], spread.empty() ? kNaN : spread[i]});
  }
  return {"title", "x", "y", {curve}};
}

void check_range(const Range& range, double low, double high) {
  CHECK(range.low == doctest::Approx(low));
  CHECK(range.high == doctest::Approx(high));
}

}  // namespace

TEST_CASE("what is not finite, or nearly so, cannot be drawn") {
  CHECK(is_drawable(-1e99));
  for (const double value : {kNaN, kInfinity, -kInfinity, 1e101}) CHECK(!is_drawable(value));
  CHECK(is_drawable(Curve::Point{1, 1}));
  CHECK(!is_drawable(Curve::Point{kNaN, 2}));
  CHECK(!is_drawable(Curve::Point{3, kNaN}));
}

TEST_CASE("x_range goes from the first to the last point that can be drawn") {
  Chart chart = chart_of({1, 2, 3, 4}, {kNaN, 5, 6, kInfinity});
  check_range(x_range(chart), 2, 3);
  chart.curves.push_back({"other", {{10, 0}}});
  check_range(x_range(chart), 2, 10);
  CHECK(x_range(chart).part(6) == 0.5);
  // A single value lies in the middle.
  CHECK(x_range(chart_of({7}, {1})).part(7) == 0.5);
}

TEST_CASE("y_range holds the lines and their bands, with a margin of 4 %") {
  check_range(y_range(chart_of({1, 2}, {1, 2})), 0.96, 2.04);
  check_range(y_range(chart_of({1, 2}, {1, 2}, {0.5, 0.5})), 0.42, 2.58);
  check_range(y_range(chart_of({1, 2, 3}, {1, 2, kNaN}, {kNaN, kNaN, 9})), 0.96, 2.04);
}

TEST_CASE("there is a range to draw also where there is nothing, or one value, to see") {
  check_range(y_range(chart_of({}, {})), 0, 1);
  check_range(y_range(chart_of({1}, {kNaN})), 0, 1);
  check_range(y_range(chart_of({1, 2}, {50, 50})), 45, 55);
  check_range(y_range(chart_of({1, 2}, {-1, -1 + 1e-12})), -1.1, -0.9);
  check_range(y_range(chart_of({1, 2}, {0, 0})), -1, 1);
  check_range(y_range(chart_of({1, 2}, {0, 5e-324})), -1, 1);
}

TEST_CASE("y_range leaves out a steep start, but only where that shows the rest much better") {
  // 20 points; the first two lie in the first tenth of x. The rest is between 0.9 and 1.
  Numbers x, y;
  for (int i = 0; i < 20; ++i) {
    x.push_back(i);
    y.push_back(i < 2 ? 0.1 : 0.9 + 0.1 * (i - 2) / 17.0);
  }
  check_range(y_range(chart_of(x, y)), 0.9 - 0.004, 1 + 0.004);
  y[0] = y[1] = 0.77;
  check_range(y_range(chart_of(x, y)), 0.9 - 0.004, 1 + 0.004);
  // With a start at 0.85 the range would shrink by a third only: everything is shown.
  y[0] = y[1] = 0.85;
  check_range(y_range(chart_of(x, y)), 0.85 - 0.006, 1 + 0.006);
  // A low value later on is shown.
  y[0] = 0.1;
  y[2] = 0.1;
  check_range(y_range(chart_of(x, y)), 0.1 - 0.036, 1 + 0.036);
  // A short curve that leaves early, beside a long one.
  y[0] = y[1] = y[2] = 0.9;
  Chart diverged = chart_of(x, y);
  diverged.curves.push_back({"diverged", {{0, 0.9}, {1, 1e30}}});
  check_range(y_range(diverged), 0.9 - 0.004, 1 + 0.004);
  // In a curve of nine points the first one is no detail.
  const Numbers few_x(x.begin(), x.begin() + 9);
  const Numbers few_y{0.1, 0.9, 1, 1, 1, 1, 1, 1, 1};
  check_range(y_range(chart_of(few_x, few_y)), 0.1 - 0.036, 1 + 0.036);
}

TEST_CASE("ticks are round, inside the range, and not too many") {
  const auto check = [](const Range& range, int count, const Numbers& expected) {
    const Numbers values = ticks(range, count);
    REQUIRE(values.size() == expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      CHECK(values[i] == doctest::Approx(expected[i]));
    }
  };
  check({0, 1}, 5, {0, 0.2, 0.4, 0.6, 0.8, 1});
  check({0, 1}, 4, {0, 0.5, 1});
  check({97.4, 99.3}, 5, {97.5, 98, 98.5, 99});
  check({-5, 5}, 2, {-5, 0, 5});
  check({1, 2345}, 5, {500, 1000, 1500, 2000});
  // 0.1 + 0.2 is a little above 0.3 and 0.7 / 0.1 a little below 7: rounding costs no tick.
  check({0.1 + 0.2, 0.7}, 4, {0.3, 0.4, 0.5, 0.6, 0.7});
  for (const double size : {1e-90, 3e-7, 0.7, 1.0, 42.0, 9e99}) {
    for (const int count : {5, 6, 8}) {
      const Numbers values = ticks({-0.3 * size, 0.7 * size}, count);
      CHECK(values.size() >= 2);
      CHECK(values.size() <= static_cast<std::size_t>(count) + 1);
    }
  }
}

}  // namespace minitape
