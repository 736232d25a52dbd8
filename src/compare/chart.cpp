#include "minitape/compare/chart.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "minitape/core/check.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

// So far from the ends of double that neither differences nor quotients of two numbers overflow.
constexpr double kLargest = 1e100;
constexpr double kSmallest = 1e-100;  // what is smaller is taken for 0

// A range that starts out empty and grows.
struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
  double size() const { return high - low; }
};

// A range to draw: never empty, and with room beyond its ends.
Range to_range(const Extent& extent, double margin) {
  if (extent.empty()) return {};
  // Equal values, or values that differ by rounding alone, need a range as well.
  const double magnitude = std::max(std::abs(extent.low), std::abs(extent.high));
  if (extent.size() <= std::max(1e-9 * magnitude, kSmallest)) {
    const double room = magnitude > kSmallest ? 0.1 * magnitude : 1;
    return {.low = extent.low - room, .high = extent.high + room};
  }
  return {.low = extent.low - margin * extent.size(), .high = extent.high + margin * extent.size()};
}

}  // namespace

void check_chart(const Chart& chart) {
  for (const Curve& curve : chart.curves) {
    const bool fits = curve.y.size() == curve.x.size() &&
                      (curve.spread.empty() || curve.spread.size() == curve.x.size());
    MINITAPE_CHECK(fits, "[plot] the points of a curve need an x, a y and a spread or none: \"",
                   curve.label, "\" has ", curve.x.size(), " x, ", curve.y.size(), " y and ",
                   curve.spread.size(), " spreads");
  }
}

bool is_drawable(double value) {
  return std::abs(value) < kLargest;  // false for NaN
}

bool is_drawable(const Curve& curve, std::size_t i) {
  return is_drawable(curve.x[i]) && is_drawable(curve.y[i]);
}

Range x_range(const Chart& chart) {
  Extent extent;
  bool whole = true;
  for (const Curve& curve : chart.curves) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!is_drawable(curve, i)) continue;
      extent.include(curve.x[i]);
      whole = whole && curve.x[i] == std::floor(curve.x[i]);
    }
  }
  Range range = to_range(extent, 0);
  range.whole = whole;
  return range;
}

Range y_range(const Chart& chart) {
  constexpr double kStart = 0.1;  // part of the x range that may be left out
  constexpr double kMargin = 0.04;
  const Range x = x_range(chart);
  Extent all, late;
  for (const Curve& curve : chart.curves) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!is_drawable(curve, i)) continue;
      const bool has_spread = !curve.spread.empty() && is_drawable(curve.spread[i]);
      const double spread = has_spread ? curve.spread[i] : 0;
      const bool is_start = curve.x.size() >= 10 && x.part(curve.x[i]) < kStart;
      for (const double value : {curve.y[i] - spread, curve.y[i] + spread}) {
        all.include(value);
        if (!is_start) late.include(value);
      }
    }
  }
  const bool zoom = !late.empty() && late.size() <= all.size() / 2;
  return to_range(zoom ? late : all, kMargin);
}

std::vector<double> ticks(const Range& range, int count) {
  // The smallest round step that gives no more than `count` ticks.
  const double least = (range.high - range.low) / count;
  const double power = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= least) step = factor * power;
  }
  if (range.whole) step = std::max(step, 1.0);
  // Multiples of the step; counted in whole numbers, so that rounding errors do not add up.
  std::vector<double> result;
  const double first = std::ceil(range.low / step - 1e-9);
  for (double i = first; i <= range.high / step + 1e-9; ++i) result.push_back(i * step);
  return result;
}

std::vector<std::string> tick_labels(const std::vector<double>& ticks) {
  double largest = 0;
  for (const double tick : ticks) largest = std::max(largest, std::abs(tick));
  if (largest == 0) return std::vector<std::string>(ticks.size(), "0");
  // Show as many digits as it takes to tell neighbours apart, after the point or in all.
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : largest;
  const auto after_point = static_cast<int>(std::max(0.0, -std::floor(std::log10(step) + 1e-9)));
  const auto in_all = static_cast<int>(1 + std::ceil(std::log10(largest / step)));
  const bool plain = largest < 1e7 && largest >= 1e-4;
  std::vector<std::string> labels;
  for (const double tick : ticks) {
    const double value = std::abs(tick) < step / 2 ? 0 : tick;  // no "-0"
    labels.push_back(plain ? fixed(value, after_point) : significant(value, in_all));
  }
  return labels;
}

}  // namespace minitape
