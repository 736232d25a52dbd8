#include "minitape/compare/chart.hpp"

#include <algorithm>
#include <cmath>

namespace minitape {
namespace {

// So far from the ends of double that neither differences nor quotients of two numbers overflow.
constexpr double kLargest = 1e100;
constexpr double kSmallest = 1e-100;  // a range below this is taken for 0

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Range kEmpty{kInfinity, -kInfinity};

// Makes the range hold the value.
void include(Range& range, double value) {
  range = {std::min(range.low, value), std::max(range.high, value)};
}

bool is_empty(const Range& range) { return range.low > range.high; }

}  // namespace

bool is_drawable(double value) {
  return std::abs(value) < kLargest;  // false for NaN
}

bool is_drawable(const Curve::Point& point) { return is_drawable(point.x) && is_drawable(point.y); }

Range x_range(const Chart& chart) {
  Range range = kEmpty;
  for (const Curve& curve : chart.curves) {
    for (const Curve::Point& point : curve.points) {
      if (is_drawable(point)) include(range, point.x);
    }
  }
  return is_empty(range) ? Range{} : range;
}

Range y_range(const Chart& chart) {
  constexpr double kStart = 0.1;  // part of the x range that may be left out
  const Range x = x_range(chart);
  const bool has_start = std::any_of(chart.curves.begin(), chart.curves.end(),
                                     [](const Curve& c) { return c.points.size() >= 10; });
  Range all = kEmpty, late = kEmpty;
  for (const Curve& curve : chart.curves) {
    for (const Curve::Point& point : curve.points) {
      if (!is_drawable(point)) continue;
      const double spread = is_drawable(point.spread) ? point.spread : 0;
      const bool is_start = has_start && x.part(point.x) < kStart;
      for (const double value : {point.y - spread, point.y + spread}) {
        include(all, value);
        if (!is_start) include(late, value);
      }
    }
  }
  if (is_empty(all)) return {};
  const bool zoom = !is_empty(late) && late.high - late.low <= (all.high - all.low) / 2;
  const auto [low, high] = zoom ? late : all;
  // Equal values, or values that differ by rounding alone, need a range as well.
  const double magnitude = std::max(std::abs(low), std::abs(high));
  double room = 0.04 * (high - low);
  if (high - low <= std::max(1e-9 * magnitude, kSmallest)) {
    room = magnitude > kSmallest ? 0.1 * magnitude : 1;
  }
  return {low - room, high + room};
}

std::vector<double> ticks(const Range& range, int count) {
  // The smallest round step of which no more than `count` fit into the range.
  const double least = (range.high - range.low) / count;
  const double power = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= least) step = factor * power;
  }
  // Multiples of the step, counted in whole numbers, so that rounding errors do not add up.
  std::vector<double> result;
  const double first = std::ceil(range.low / step - 1e-9);
  for (double i = first; i <= range.high / step + 1e-9; ++i) result.push_back(i * step);
  return result;
}

}  // namespace minitape
