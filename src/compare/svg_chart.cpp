#include "minitape/compare/svg_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "compare/html_text.hpp"
#include "minitape/core/check.hpp"

namespace minitape {
namespace {

// In the SVG's own units, about 0.75 pixels on a phone and a little over 1 on a wide screen.
constexpr double kWidth = 460, kHeight = 330;
constexpr double kRight = 448, kTop = 12, kBottom = 282;  // of the field of the curves
constexpr double kLetter = 9;                             // width of a digit, at most
constexpr int kTicks = 6;
constexpr std::size_t kMostMarked = 40;  // longest curve whose points are marked

// M. Okabe and K. Ito's colours, "Color Universal Design" (2008), as in curves.svg; a page's style
// sheet may choose others.
constexpr std::array<const char*, kCurveColors> kColors{
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "currentColor"};
constexpr std::array<const char*, 5> kDashes{"none", "9 4", "2 4", "12 4 2 4", "5 3"};
// Points around (0, 0): circle, square, triangle, diamond.
constexpr std::array<const char*, 4> kShapes{
    "<circle r=\"3.6\"", "<rect x=\"-3.3\" y=\"-3.3\" width=\"6.6\" height=\"6.6\"",
    "<path d=\"M0-4.4 4.2 3.2H-4.2Z\"", "<path d=\"M0-4.8 4.4 0 0 4.8-4.4 0Z\""};

// A number of the drawing: two digits after the point are more than a screen shows.
std::string coordinate(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string number = text;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number == "-0" ? "0" : number;
}

// The opening tag of the parts that have the colour of curve i.
std::string curve_group(std::size_t i) {
  return concat("<g class=\"curve-", i % kCurveColors, "\" color=\"", kColors[i % kCurveColors],
                "\">");
}

std::string line_style(std::size_t i) {
  const char* const dash = kDashes[i % kDashes.size()];
  return concat(
      "fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.4\" "
      "stroke-linejoin=\"round\" stroke-dasharray=\"",
      dash, "\"");
}

std::string marker(std::size_t i, double x, double y) {
  return concat(kShapes[i % kShapes.size()], " fill=\"currentColor\" transform=\"translate(",
                coordinate(x), " ", coordinate(y), ")\"/>");
}

// Where the numbers of a chart lie in the drawing.
struct Field {
  Range x, y;
  double left;  // as far from the left as the longest number of the y axis needs
  double across(double value) const { return left + x.part(value) * (kRight - left); }
  // Far outside of the field nothing is seen, and numbers stay small.
  double down(double value) const {
    return kBottom - std::clamp(y.part(value), -9.0, 9.0) * (kBottom - kTop);
  }
  std::string point(double px, double py) const {
    return coordinate(across(px)) + " " + coordinate(down(py));
  }
};

// ---- Axes ----

std::string axes(const Chart& chart, const Field& field) {
  std::string svg = "<g class=\"axes\" fill=\"currentColor\" font-size=\"13\">\n";
  const std::vector<double> rows = ticks(field.y, kTicks), columns = ticks(field.x, kTicks);
  const auto row_labels = tick_labels(rows), column_labels = tick_labels(columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double y = field.down(rows[i]);
    svg += concat("<path d=\"M", field.left, " ", coordinate(y), "H", kRight,
                  "\" stroke=\"currentColor\" stroke-opacity=\"0.16\"/><text x=\"", field.left - 8,
                  "\" y=\"", coordinate(y + 4.5), "\" text-anchor=\"end\">", row_labels[i],
                  "</text>\n");
  }
  svg += concat("<path d=\"M", field.left, " ", kBottom, "H", kRight,
                "\" stroke=\"currentColor\" stroke-opacity=\"0.7\"/>\n");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string x = coordinate(field.across(columns[i]));
    // A label at the end of the axis would stick out.
    const char* const anchor = field.x.part(columns[i]) > 0.97 ? "end" : "middle";
    svg += concat("<path d=\"M", x, " ", kBottom, "v5\" stroke=\"currentColor\" ",
                  "stroke-opacity=\"0.7\"/><text x=\"", x, "\" y=\"", kBottom + 20,
                  "\" text-anchor=\"", anchor, "\">", column_labels[i], "</text>\n");
  }
  return svg + concat("<text x=\"", kRight, "\" y=\"", kHeight - 6, "\" text-anchor=\"end\">",
                      html_text(chart.x_label), "</text>\n</g>\n");
}

// ---- Curves ----

// Calls draw(begin, end) for each stretch of neighbours that satisfy `drawable`.
template <class Drawable, class Draw>
void for_stretches(std::size_t count, Drawable drawable, Draw draw) {
  for (std::size_t begin = 0; begin < count;) {
    std::size_t end = begin;
    while (end < count && drawable(end)) ++end;
    if (end > begin) draw(begin, end);
    begin = end + 1;
  }
}

// The area between y − spread and y + spread: forth along its top, back along its bottom.
std::string band(const Curve& curve, const Field& field) {
  std::string path;
  const auto drawable = [&](std::size_t i) {
    return is_drawable(curve, i) && !curve.spread.empty() && is_drawable(curve.spread[i]);
  };
  for_stretches(curve.x.size(), drawable, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      path += (i == begin ? "M" : "L") + field.point(curve.x[i], curve.y[i] + curve.spread[i]);
    }
    for (std::size_t i = end; i-- > begin;) {
      path += "L" + field.point(curve.x[i], curve.y[i] - curve.spread[i]);
    }
    path += "Z";
  });
  if (path.empty()) return "";
  return concat("<path class=\"band\" fill=\"currentColor\" fill-opacity=\"0.17\" d=\"", path,
                "\"/>");
}

std::string line(const Curve& curve, std::size_t index, const Field& field) {
  std::string path, markers;
  const auto drawable = [&](std::size_t i) { return is_drawable(curve, i); };
  for_stretches(curve.x.size(), drawable, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      path += (i == begin ? "M" : "L") + field.point(curve.x[i], curve.y[i]);
    }
    const bool marked = curve.x.size() <= kMostMarked || end - begin == 1;
    for (std::size_t i = begin; marked && i < end; ++i) {
      markers += marker(index, field.across(curve.x[i]), field.down(curve.y[i]));
    }
  });
  return concat("<path class=\"line\" ", line_style(index), " d=\"", path, "\"/>", markers);
}

// ---- In words ----

// "batch_norm = true: from 61.2 at 1 to 98.1 at 4."
std::string in_words(const Curve& curve) {
  std::size_t first = curve.x.size(), last = 0;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!is_drawable(curve, i)) continue;
    first = std::min(first, i);
    last = i;
  }
  if (first == curve.x.size()) return concat(curve.label, ": nothing to draw. ");
  char text[160];
  std::snprintf(text, sizeof text, ": from %.4g at %.8g to %.4g at %.8g. ", curve.y[first],
                curve.x[first], curve.y[last], curve.x[last]);
  return curve.label + text;
}

}  // namespace

std::string svg_chart(const Chart& chart, const std::string& id) {
  check_chart(chart);
  std::size_t longest = 0;
  const Range y = y_range(chart);
  for (const std::string& label : tick_labels(ticks(y, kTicks))) {
    longest = std::max(longest, label.size());
  }
  const Field field{x_range(chart), y, 18 + kLetter * static_cast<double>(longest)};
  std::string description = chart.y_label + " by " + chart.x_label + ". ";
  for (const Curve& curve : chart.curves) description += in_words(curve);

  std::string svg =
      concat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", kWidth, " ", kHeight,
             "\" role=\"img\" aria-labelledby=\"", id, "-title ", id, "-desc\">\n<title id=\"", id,
             "-title\">", html_text(chart.title), "</title>\n<desc id=\"", id, "-desc\">",
             html_text(description), "</desc>\n<clipPath id=\"", id, "-field\"><path d=\"M",
             field.left - 6, " ", kTop - 6, "H", kRight + 6, "V", kBottom, "H", field.left - 6,
             "Z\"/></clipPath>\n", axes(chart, field));
  svg += concat("<g clip-path=\"url(#", id, "-field)\">\n");
  // All bands lie below all lines.
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    svg += curve_group(i) + band(chart.curves[i], field) + "</g>\n";
  }
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    svg += curve_group(i) + line(chart.curves[i], i, field) + "</g>\n";
  }
  return svg + "</g>\n</svg>\n";
}

std::string svg_swatch(std::size_t curve) {
  return concat("<svg class=\"swatch\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 34 12\" ",
                "width=\"34\" height=\"12\" aria-hidden=\"true\">", curve_group(curve), "<path ",
                line_style(curve), " d=\"M0 6H34\"/>", marker(curve, 17, 6), "</g></svg>");
}

bool leaves_out_points(const Chart& chart) {
  const Range range = y_range(chart);
  return std::any_of(chart.curves.begin(), chart.curves.end(), [&](const Curve& curve) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      const double part = is_drawable(curve, i) ? range.part(curve.y[i]) : 0;
      if (part < 0 || part > 1) return true;
    }
    return false;
  });
}

}  // namespace minitape
