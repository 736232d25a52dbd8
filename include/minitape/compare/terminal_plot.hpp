// A line chart in characters, for a terminal or a log.
#pragma once

#include <string>

#include "minitape/compare/chart.hpp"

namespace minitape {

enum class Glyphs { unicode, ascii };

/// The chart as lines of text, each at most `width` columns wide (labels that are longer stay
/// whole): title, y label, `height` lines of curves with the y axis, x axis, x label, and a legend
/// with a line for each curve. Widths below 40 and heights below 5 are taken for these.
std::string terminal_plot(const Chart& chart, int width, int height,
                          Glyphs glyphs = Glyphs::unicode);

}  // namespace minitape
