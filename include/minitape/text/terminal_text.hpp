// Text of unknown origin, made safe to show: names of files and classes, messages that quote them.
#pragma once

#include <cstddef>
#include <string>

namespace minitape {

/// The text with U+FFFD for each byte that is not UTF-8.
std::string valid_utf8(const std::string& text);

/// The text with ? for bytes that are not UTF-8 and for control characters, which could do anything
/// to a terminal.
std::string terminal_text(const std::string& text);

/// The same for a message of several lines: line ends stay.
std::string terminal_lines(const std::string& text);

/// The number of letters, not bytes, of text in UTF-8.
std::size_t terminal_width(const std::string& text);

}  // namespace minitape
