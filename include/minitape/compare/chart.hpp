// The curves of a comparison: as numbers, as pictures drawn by gnuplot, and in a terminal.
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "minitape/compare/compare.hpp"

namespace minitape {

struct Curve {    // a line of a chart
  struct Point {  // in the units of the axes
    double x = 0, y = 0;
    double spread = std::numeric_limits<double>::quiet_NaN();  // standard deviation of y; NaN: none
  };

  std::string label;          // "batch_norm = true"
  std::vector<Point> points;  // x increasing; a point that cannot be drawn is a gap in the line
};

struct Chart {  // one picture: axes and curves
  std::string title, x_label, y_label;
  std::vector<Curve> curves;
};

/// Whether a number can be drawn: it is finite, and not so large that differences overflow.
bool is_drawable(double value);
bool is_drawable(const Curve::Point& point);  // its x and y are

struct Range {  // of an axis
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

/// The i-th value is the mean of the last kSmoothing values up to i, or of as many as there are.
std::vector<double> smoothed(const std::vector<double>& values);

/// Numbers of a run, in their order: y over x.
struct Series {
  std::vector<double> x, y;
};

/// At each x the mean and the deviation of the runs' series that reach it, thinned out evenly to at
/// most 200 points.
Curve mean_curve(const std::string& label, const std::vector<Series>& runs);

/// Two charts: test accuracy after each epoch, in percent, and training loss by step (the mean of
/// the last kSmoothing batches). A run that diverged has a curve up to there.
std::vector<Chart> comparison_charts(const std::vector<VariantHistory>& variants);

/// Writes curves.dat (the numbers) and curves.gp (a script that anybody can change and run again)
/// into the folder and lets gnuplot draw both pictures: one panel per chart, side by side, with a
/// band of ± spread around each line, under the title.
///
/// Returns "" when the pictures are there. A machine without gnuplot is no error: then it returns a
/// line that says what is missing and how to get it. Throws (Fault::run_failed) when the folder
/// cannot be written.
std::string write_pictures(const std::filesystem::path& folder, const std::vector<Chart>& charts,
                           const std::string& title = "");

/// The chart as lines of text, `width` columns wide (longer labels stay whole): its title, `height`
/// lines of curves with the y axis, the x axis with its two ends, and a legend with a line for each
/// curve.
std::string terminal_plot(const Chart& chart, int width, int height);

}  // namespace minitape
