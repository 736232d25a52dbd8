// Line charts as pictures, drawn by gnuplot: curves.svg and curves.png.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/compare/chart.hpp"

namespace minitape {

/// Writes curves.dat (the numbers) and curves.gp (a script that anybody can change and run again)
/// into the folder and lets gnuplot draw both pictures: one panel per chart, side by side, with a
/// band of ± spread around each line, under the title.
///
/// Returns "" when the pictures are there. A machine without gnuplot is no error: then it returns a
/// line that says what is missing and how to get it. Throws (Fault::run_failed) when the folder
/// cannot be written.
std::string write_pictures(const std::filesystem::path& folder, const std::vector<Chart>& charts,
                           const std::string& title = "");

}  // namespace minitape
