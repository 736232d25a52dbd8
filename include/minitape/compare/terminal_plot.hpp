// A line chart in letters, for a terminal or a log.
#pragma once

#include <string>

#include "minitape/compare/chart.hpp"

namespace minitape {

/// The chart as lines of text, `width` columns wide (longer labels stay whole): its title, `height`
/// lines of curves with the y axis, the x axis with its two ends, and a legend with a line for each
/// curve.
std::string terminal_plot(const Chart& chart, int width, int height);

}  // namespace minitape
