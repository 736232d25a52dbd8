// A line chart as plain numbers: what the terminal plot and the pictures draw.
#pragma once

#include <string>
#include <vector>

namespace minitape {

struct Curve {
  std::string label;           // "batch_norm = true"
  std::vector<double> x, y;    // x increasing; a point that is not finite is a gap in the line
  std::vector<double> spread;  // standard deviation of each y, or empty; NaN where there is none
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<Curve> curves;
};

/// Throws unless each curve has as many y as x, and as many spreads or none.
void check_chart(const Chart& chart);

/// Whether a number can be drawn: NaN, infinities and what comes near them cannot.
bool is_drawable(double value);
/// Whether point i of a curve can be drawn.
bool is_drawable(const Curve& curve, std::size_t i);

struct Range {
  double low = 0, high = 1;
  bool whole = false;  // only whole numbers are meant, like epochs: 1.5 is no sensible tick
  double part(double value) const { return (value - low) / (high - low); }  // 0 at low, 1 at high
};

/// From the first to the last x of all curves.
Range x_range(const Chart& chart);

/// The values worth looking at, with a small margin. Curves of ten points and more may have a steep
/// start that would press the rest, where curves differ, into a few lines: the points in the first
/// tenth of the x range are left out where that at least halves the range.
Range y_range(const Chart& chart);

/// Round numbers (1, 2 or 5 times a power of ten apart) within the range: at most count + 1 of
/// them.
std::vector<double> ticks(const Range& range, int count);
/// The ticks as text, all with the same number of digits after the point.
std::vector<std::string> tick_labels(const std::vector<double>& ticks);

}  // namespace minitape
