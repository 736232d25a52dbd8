// Text for a terminal: safe to show, and in columns.
#pragma once

#include <string>
#include <vector>

namespace minitape {

/// The text with U+FFFD for each byte that is not UTF-8.
std::string valid_utf8(const std::string& text);

/// The text with ? for bytes that are not UTF-8 and for control characters, which could do anything
/// to a terminal: for names of files and classes and all else that comes from outside.
std::string terminal_text(const std::string& text);

/// The same for a message of several lines: line ends stay.
std::string terminal_lines(const std::string& text);

/// The columns that text in UTF-8 takes: East Asian letters and emoji two, combining accents none.
std::size_t terminal_width(const std::string& text);

/// Rows of cells as a table: a line per row, each column as wide as its widest cell, three blanks
/// between columns. `alignment` has a letter for each column, l(eft) or r(ight); the last letter
/// holds for all further columns.
std::string aligned(const std::vector<std::vector<std::string>>& rows,
                    const std::string& alignment = "lr");

}  // namespace minitape
