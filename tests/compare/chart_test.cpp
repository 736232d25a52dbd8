#include "minitape/compare/chart.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "minitape/core/check.hpp"

namespace minitape {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Numbers = std::vector<double>;
using Texts = std::vector<std::string>;

Chart chart_of(const Numbers& x, const Numbers& y, const Numbers& spread = {}) {
  return {"title", "x", "y", {{"curve", x, y, spread}}};
}

void check_range(const Range& range, double low, double high) {
  CHECK(range.low == doctest::Approx(low));
  CHECK(range.high == doctest::Approx(high));
}

}  // namespace

TEST_CASE("check_chart refuses curves whose points are incomplete") {
  CHECK_NOTHROW(check_chart(chart_of({1, 2}, {3, 4})));
  CHECK_NOTHROW(check_chart(chart_of({}, {})));
  CHECK_THROWS_WITH_AS(check_chart(chart_of({1, 2}, {3})),
                       "[plot] the points of a curve need an x, a y and a spread or none: "
                       "\"curve\" has 2 x, 1 y and 0 spreads",
                       Error);
  CHECK_THROWS_WITH_AS(check_chart(chart_of({1, 2}, {3, 4}, {1})), doctest::Contains("1 spreads"),
                       Error);
}

TEST_CASE("what is not finite, or nearly so, cannot be drawn") {
  CHECK(is_drawable(-1e99));
  for (const double value : {kNaN, kInfinity, -kInfinity, 1e101}) CHECK(!is_drawable(value));
  const Curve curve{"", {1, kNaN, 3}, {1, 2, kNaN}, {}};
  CHECK(is_drawable(curve, 0));
  CHECK(!is_drawable(curve, 1));
  CHECK(!is_drawable(curve, 2));
}

TEST_CASE("x_range goes from the first to the last point that can be drawn") {
  Chart chart = chart_of({1, 2, 3, 4}, {kNaN, 5, 6, kInfinity});
  check_range(x_range(chart), 2, 3);
  chart.curves.push_back({"other", {10}, {0}, {}});
  check_range(x_range(chart), 2, 10);
  CHECK(x_range(chart).whole);
  chart.curves.push_back({"third", {2.5}, {0}, {}});
  CHECK(!x_range(chart).whole);
  CHECK(x_range(chart).part(6) == 0.5);
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
  // In a curve of nine points the first one is no detail.
  const Numbers few_x(x.begin(), x.begin() + 9);
  const Numbers few_y{0.1, 0.9, 1, 1, 1, 1, 1, 1, 1};
  check_range(y_range(chart_of(few_x, few_y)), 0.1 - 0.036, 1 + 0.036);
}

TEST_CASE("ticks are round, inside the range, and not too many") {
  const auto labels = [](const Range& range, int count) {
    return tick_labels(ticks(range, count));
  };
  CHECK(labels({0, 1}, 5) == Texts{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(labels({0, 1}, 4) == Texts{"0.0", "0.5", "1.0"});
  CHECK(labels({97.4, 99.3}, 5) == Texts{"97.5", "98.0", "98.5", "99.0"});
  CHECK(labels({-5, 5}, 2) == Texts{"-5", "0", "5"});
  CHECK(labels({1, 2345}, 5) == Texts{"500", "1000", "1500", "2000"});
  // 0.1 + 0.2 is a little above 0.3 and 0.7 / 0.1 a little below 7: rounding costs no tick.
  CHECK(labels({0.1 + 0.2, 0.7}, 4) == Texts{"0.3", "0.4", "0.5", "0.6", "0.7"});
  CHECK(labels({1, 3}, 5) == Texts{"1.0", "1.5", "2.0", "2.5", "3.0"});
  CHECK(labels({1, 3, true}, 5) == Texts{"1", "2", "3"});
  for (const double size : {1e-90, 3e-7, 0.7, 1.0, 42.0, 9e99}) {
    for (const int count : {5, 6, 8}) {
      const Numbers values = ticks({-0.3 * size, 0.7 * size}, count);
      CHECK(values.size() >= 2);
      CHECK(values.size() <= static_cast<std::size_t>(count) + 1);
    }
  }
}

TEST_CASE("tick labels tell neighbours apart and agree in their digits") {
  CHECK(tick_labels({97.5, 98, 98.5}) == Texts{"97.5", "98.0", "98.5"});
  CHECK(tick_labels({0, 500, 1000}) == Texts{"0", "500", "1000"});
  CHECK(tick_labels({-0.1, -1e-17, 0.1}) == Texts{"-0.1", "0.0", "0.1"});
  CHECK(tick_labels({97.7, 97.8}) == Texts{"97.7", "97.8"});  // their difference is below 0.1
  CHECK(tick_labels({0.001, 0.002}) == Texts{"0.001", "0.002"});
  CHECK(tick_labels({1e-6, 2e-6}) == Texts{"1e-06", "2e-06"});
  CHECK(tick_labels({1e9, 1.5e9, 2e9}) == Texts{"1e+09", "1.5e+09", "2e+09"});
  CHECK(tick_labels({0}) == Texts{"0"});
  CHECK(tick_labels({}).empty());
}

}  // namespace minitape
