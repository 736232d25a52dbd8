// A chart in letters: a grid of cells, each empty or holding one curve's marker:
//
//     99 ┤        ●●●●●●●●
//        │    ●●●●○○○○○○○○
//     98 ┤●●●●○○○○
//        └────────────────
//         epoch 1        3
#include "minitape/compare/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

constexpr std::array kMarkers{"●", "○", "▲", "△", "■", "□", "◆", "◇"};
constexpr std::size_t kNothingDrawn = kMarkers.size();  // the number of no curve

using Grid = std::vector<std::vector<std::size_t>>;  // [rows][columns], row 0 at the top

// A place in units of cells: columns from the left, rows from the top.
struct Place {
  double column, row;
};

// What lies outside the y range is one row outside the grid.
double row_of(double value, const Range& y, std::size_t rows) {
  const auto last = static_cast<double>(rows - 1);
  return std::clamp((1 - y.part(value)) * last, -1.0, last + 1);
}

// Fills the cells from a to b, so many that they touch each other.
void draw_line(Grid& grid, const Place& a, const Place& b, std::size_t curve, std::size_t curves) {
  const double way = std::max(std::abs(b.column - a.column), std::abs(b.row - a.row));
  const auto steps = static_cast<int>(std::ceil(way)) + 1;
  for (int step = 1; step <= steps; ++step) {
    const double part = static_cast<double>(step) / steps;
    const auto column = static_cast<std::size_t>(std::lround(std::lerp(a.column, b.column, part)));
    const auto row = std::lround(std::lerp(a.row, b.row, part));
    if (row < 0 || row >= std::ssize(grid)) continue;
    // Where curves meet they take turns, column by column, so that none hides the others.
    std::size_t& cell = grid[static_cast<std::size_t>(row)][column];
    if (cell == kNothingDrawn || column % curves == curve) cell = curve % kMarkers.size();
  }
}

void draw_curve(Grid& grid, const Chart& chart, std::size_t curve, const Range& x, const Range& y) {
  const auto last_column = static_cast<double>(grid[0].size() - 1);
  Place before{0, 0};
  bool connected = false;  // whether a line leads from the point before to this one
  for (const Curve::Point& point : chart.curves[curve].points) {
    if (is_drawable(point)) {
      const Place place{x.part(point.x) * last_column, row_of(point.y, y, grid.size())};
      draw_line(grid, connected ? before : place, place, curve, chart.curves.size());
      before = place;
    }
    connected = is_drawable(point);
  }
}

// The text with spaces in front, to the given width.
std::string right_aligned(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

// "epoch 1           12": what stands below the x axis, `width` columns wide.
std::string x_ends(const Range& x, const std::string& label, std::size_t width) {
  const std::string first = label + " " + significant(x.low);
  if (x.low == x.high) return first;
  return first + " " +
         right_aligned(significant(x.high), width - std::min(width, first.size() + 1));
}

}  // namespace

std::string terminal_plot(const Chart& chart, int width, int height) {
  const Range x = x_range(chart), y = y_range(chart);

  // Label the y axis; its labels decide how many columns are left.
  std::vector<std::string> labels(static_cast<std::size_t>(height));  // "" where there is no tick
  std::size_t indent = 0;
  for (const double tick : ticks(y, height / 2)) {
    const double value = tick == 0 ? 0 : tick;  // not "-0"
    const auto row = static_cast<std::size_t>(std::lround(row_of(value, y, labels.size())));
    labels[row] = significant(value) + " ";
    indent = std::max(indent, labels[row].size());
  }
  const std::string blank(indent + 1, ' ');

  // Draw the curves.
  const auto columns = std::max<std::size_t>(static_cast<std::size_t>(width) - blank.size(), 1);
  Grid grid(labels.size(), std::vector<std::size_t>(columns, kNothingDrawn));
  for (std::size_t i = 0; i < chart.curves.size(); ++i) draw_curve(grid, chart, i, x, y);

  // Put the lines together.
  std::string text = chart.title + " (" + chart.y_label + ")\n";
  for (std::size_t row = 0; row < grid.size(); ++row) {
    text += right_aligned(labels[row], indent) + (labels[row].empty() ? "│" : "┤");
    for (const std::size_t cell : grid[row]) text += cell == kNothingDrawn ? " " : kMarkers[cell];
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  text += std::string(indent, ' ') + "└";
  for (std::size_t i = 0; i < columns; ++i) text += "─";
  text += "\n" + blank + x_ends(x, chart.x_label, columns) + "\n";
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    text += blank + kMarkers[i % kMarkers.size()] + " " + chart.curves[i].label + "\n";
  }
  return text;
}

}  // namespace minitape
