// Rows of cells as a table in plain text.
#pragma once

#include <string>
#include <vector>

namespace minitape {

/// A line per row, each column as wide as its widest cell, three blanks between two columns. One
/// letter of `alignment` for each column says where its text stands, l(eft) or r(ight); the last
/// letter holds for all further columns.
std::string aligned(const std::vector<std::vector<std::string>>& rows,
                    const std::string& alignment = "lr");

}  // namespace minitape
