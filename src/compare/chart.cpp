#include "minitape/compare/chart.hpp"

#include <algorithm>
#include <cmath>

#include "minitape/compare/results.hpp"

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
  const bool has_start =
      std::ranges::any_of(chart.curves, [](const Curve& c) { return c.points.size() >= 10; });
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

// ---- Each variant's mean over its seeds, with the standard deviation ----

std::vector<double> smoothed(const std::vector<double>& values) {
  std::vector<double> result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t count = std::min(i + 1, kSmoothing);
    double sum = 0;
    for (std::size_t k = i + 1 - count; k <= i; ++k) sum += values[k];
    result.push_back(sum / static_cast<double>(count));
  }
  return result;
}

Curve mean_curve(const std::string& label, const std::vector<Series>& runs) {
  constexpr std::size_t kMaxPoints = 200;
  std::vector<double> x;  // of the run that went furthest
  for (const Series& run : runs) {
    if (run.x.size() > x.size()) x = run.x;
  }
  Curve curve{.label = label};
  const std::size_t stride = std::max<std::size_t>(1, (x.size() + kMaxPoints - 1) / kMaxPoints);
  for (std::size_t i = stride - 1; i < x.size(); i += stride) {
    std::vector<double> values;
    for (const Series& run : runs) {
      if (i < run.y.size() && std::isfinite(run.y[i])) values.push_back(run.y[i]);
    }
    const MeanSd y = mean_sd(values);
    curve.points.push_back({x[i], y.mean, y.sd});
  }
  return curve;
}

std::vector<Chart> comparison_charts(const std::vector<VariantHistory>& variants) {
  Chart accuracy{"Test accuracy", "epoch", "%", {}};
  Chart loss{"Training loss", "step", "nats", {}};
  for (const VariantHistory& variant : variants) {
    std::vector<Series> accuracies, losses;
    for (const RunHistory& run : variant.runs) {
      accuracies.push_back({run.epochs, run.test_accuracy});
      for (double& y : accuracies.back().y) y *= 100;
      losses.push_back({run.steps, smoothed(run.loss)});
    }
    accuracy.curves.push_back(mean_curve(variant.name, accuracies));
    loss.curves.push_back(mean_curve(variant.name, losses));
  }
  return {accuracy, loss};
}

}  // namespace minitape
