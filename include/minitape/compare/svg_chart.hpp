// A line chart as SVG for a page of HTML: drawn here, so that it needs no other program.
//
// Curves are told apart by colour, by the pattern of their lines and by the shape of their points.
// Lines and text take their colours from the page: `currentColor`, and for curve i the class
// "curve-i", whose `color` a style sheet may set for light and dark.
#pragma once

#include <string>

#include "minitape/compare/chart.hpp"

namespace minitape {

/// An <svg> element: axes, and for each curve a line over its band of ± spread. Its <title> and
/// <desc> say in words what it shows. `id` begins the names of its parts and must be the page's
/// only one. Throws what check_chart throws.
std::string svg_chart(const Chart& chart, const std::string& id);

/// A small picture of the line and the points of the curve with this index, for legends.
std::string svg_swatch(std::size_t curve);

/// Whether points lie above or below the drawn range, such as a steep start.
bool leaves_out_points(const Chart& chart);

/// After so many curves colours, patterns and shapes begin again in other combinations.
inline constexpr std::size_t kCurveColors = 7;

}  // namespace minitape
