// A line chart as plain numbers: what the picture and the terminal plot draw.
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace minitape {

struct Curve {
  struct Point {
    double x = 0, y = 0;
    double spread = std::numeric_limits<double>::quiet_NaN();  // standard deviation of y; NaN: none
  };

  std::string label;          // "batch_norm = true"
  std::vector<Point> points;  // x increasing; a point that cannot be drawn is a gap in the line
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<Curve> curves;
};

/// Whether a number can be drawn: it is finite, and not so large that differences overflow.
bool is_drawable(double value);
bool is_drawable(const Curve::Point& point);  // its x and y are

struct Range {
  double low = 0, high = 1;
  // 0 at low, 1 at high; in the middle where both are equal.
  double part(double value) const { return low < high ? (value - low) / (high - low) : 0.5; }
};

/// From the first to the last x of all curves.
Range x_range(const Chart& chart);

/// From the lowest to the highest y, spread included, with a small margin. A steep start, or a run
/// that soon diverged, would press the rest, where curves differ, into a few lines: in a chart with
/// ten points or more, the first tenth of the x range is left out where that at least halves the
/// range.
Range y_range(const Chart& chart);

/// Round numbers within the range, 1, 2 or 5 times a power of ten apart: at most count + 1.
std::vector<double> ticks(const Range& range, int count);

}  // namespace minitape
