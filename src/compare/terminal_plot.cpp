// The plot is a grid of cells, [height][columns], each empty or holding one curve's marker:
//
//     0.99 ┤        ●●●●●●●●
//          │    ●●●●○○○○○○○○
//     0.98 ┤●●●●○○○○
//          └┬──────┬───────┬
//           1      2       3
#include "minitape/compare/terminal_plot.hpp"

#include <algorithm>
#include <cmath>

namespace minitape {
namespace {

struct GlyphSet {
  std::vector<std::string> markers;  // one per curve, then again from the first
  std::string y_axis, y_tick, corner, x_axis, x_tick;

  const std::string& marker(std::size_t curve) const { return markers[curve % markers.size()]; }
};

const GlyphSet& glyph_set(Glyphs glyphs) {
  static const GlyphSet unicode{{"●", "○", "▲", "△", "■", "□", "◆", "◇"}, "│", "┤", "└", "─", "┬"};
  static const GlyphSet ascii{{"o", "x", "+", "*", "#", "@", "%", "&"}, "|", "+", "+", "-", "+"};
  return glyphs == Glyphs::unicode ? unicode : ascii;
}

constexpr int kEmpty = -1;

// The curves' cells. Row 0 is the top.
class Grid {
 public:
  Grid(int rows, int columns, int curves)
      : rows_(rows),
        columns_(columns),
        curves_(curves),
        cells_(static_cast<std::size_t>(rows * columns), kEmpty) {}

  int at(int row, int column) const {
    return cells_[static_cast<std::size_t>(row * columns_ + column)];
  }

  // Fills the rows from `from` to `to` of a column, as far as they are in the grid.
  void fill(int column, double from, double to, int curve) {
    const double last = rows_ - 1;
    if (std::max(from, to) < 0 || std::min(from, to) > last) return;
    const int first_row = static_cast<int>(std::clamp(std::min(from, to), 0.0, last));
    const int last_row = static_cast<int>(std::clamp(std::max(from, to), 0.0, last));
    for (int row = first_row; row <= last_row; ++row) {
      int& cell = cells_[static_cast<std::size_t>(row * columns_ + column)];
      // Where curves meet they take turns, column by column, so that none hides the others.
      if (cell == kEmpty || column % curves_ == curve) cell = curve;
    }
  }

 private:
  int rows_, columns_, curves_;
  std::vector<int> cells_;  // [rows, columns], the number of a curve or kEmpty
};

// A point in units of cells: column, and row counted from the top.
struct Cell {
  double column, row;
};

// Draws a line from a to b: in each column, the rows between where the line enters and leaves it.
void draw_line(Grid& grid, const Cell& a, const Cell& b, int curve) {
  const auto last = static_cast<int>(std::round(b.column));
  double before = std::round(a.row);
  for (auto column = static_cast<int>(std::round(a.column)); column <= last; ++column) {
    const double part =
        column == last ? 1 : std::max(0.0, (column - a.column) / (b.column - a.column));
    const double row = std::round(std::lerp(a.row, b.row, part));
    // Go down or up to the new row without repeating the old one.
    const double next = row > before ? before + 1 : row < before ? before - 1 : row;
    grid.fill(column, next, row, curve);
    before = row;
  }
}

void draw_curve(Grid& grid, const Curve& curve, int number, const Range& x, const Range& y,
                int rows, int columns) {
  Cell before{};
  bool connected = false;  // whether a line leads from the point before to this one
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (is_drawable(curve, i)) {
      const Cell cell{x.part(curve.x[i]) * (columns - 1), (1 - y.part(curve.y[i])) * (rows - 1)};
      draw_line(grid, connected ? before : cell, cell, number);
      before = cell;
    }
    connected = is_drawable(curve, i);
  }
}

// One row of the grid, without the empty cells at its end.
std::string cells_text(const Grid& grid, int row, int columns, const GlyphSet& glyphs) {
  std::string text, empty;
  for (int column = 0; column < columns; ++column) {
    const int curve = grid.at(row, column);
    if (curve == kEmpty) {
      empty += ' ';
    } else {
      text += empty + glyphs.marker(static_cast<std::size_t>(curve));
      empty.clear();
    }
  }
  return text;
}

// The text with spaces in front, to the given width.
std::string right_aligned(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

// The x axis: a line with its ticks, and below it their labels, each centred under its tick.
std::string x_axis(const Range& x, int columns, std::size_t indent, const GlyphSet& glyphs) {
  const std::vector<double> values = ticks(x, columns / 10);
  const std::vector<std::string> labels = tick_labels(values);
  std::vector<std::string> line(static_cast<std::size_t>(columns), glyphs.x_axis);
  std::string below(indent + 1, ' ');
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto column = static_cast<std::size_t>(std::lround(x.part(values[i]) * (columns - 1)));
    line[column] = glyphs.x_tick;
    const std::size_t centre = indent + 1 + column, end = indent + 1 + line.size();
    const std::size_t size = labels[i].size();
    const std::size_t begin = std::min(centre - std::min(centre, size / 2), end - size);
    if (begin < below.size() && i > 0) continue;  // it would touch the label before
    below += right_aligned(labels[i], begin + size - below.size()) + " ";
  }
  std::string text = std::string(indent, ' ') + glyphs.corner;
  for (const std::string& glyph : line) text += glyph;
  return text + "\n" + below.substr(0, below.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

std::string terminal_plot(const Chart& chart, int width, int height, Glyphs glyphs) {
  check_chart(chart);
  const GlyphSet& set = glyph_set(glyphs);
  const int rows = std::max(height, 5);
  const Range x = x_range(chart), y = y_range(chart);

  // Label the y axis; its labels decide how many columns are left.
  const std::vector<double> values = ticks(y, std::max(4, rows / 2));
  const std::vector<std::string> labels = tick_labels(values);
  std::size_t indent = 0;  // columns left of the axis
  for (const std::string& label : labels) indent = std::max(indent, label.size() + 1);
  std::vector<std::string> y_labels(static_cast<std::size_t>(rows));  // "" where there is no tick
  for (std::size_t i = 0; i < values.size(); ++i) {
    y_labels[static_cast<std::size_t>(std::lround((1 - y.part(values[i])) * (rows - 1)))] =
        labels[i];
  }

  // Draw the curves.
  const int columns = std::max(width, 40) - static_cast<int>(indent) - 1;
  Grid grid(rows, columns, static_cast<int>(chart.curves.size()));
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    draw_curve(grid, chart.curves[i], static_cast<int>(i), x, y, rows, columns);
  }

  // Put the lines together.
  std::string text;
  for (const std::string& line : {chart.title, chart.y_label}) {
    if (!line.empty()) text += line + "\n";
  }
  for (int row = 0; row < rows; ++row) {
    const std::string& label = y_labels[static_cast<std::size_t>(row)];
    text += right_aligned(label.empty() ? "" : label + " ", indent);
    text += label.empty() ? set.y_axis : set.y_tick;
    text += cells_text(grid, row, columns, set);
    text += "\n";
  }
  text += x_axis(x, columns, indent, set);
  if (!chart.x_label.empty()) text += std::string(indent + 1, ' ') + chart.x_label + "\n";
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    text += std::string(indent + 1, ' ') + set.marker(i) + " " + chart.curves[i].label + "\n";
  }
  return text;
}

}  // namespace minitape
