// Names of files, folders and classes, and messages that quote them, as a terminal may show them.
#pragma once

#include <cstddef>
#include <string>

namespace minitape {

/// Control characters, which could do anything to a terminal, and bytes that are not UTF-8 become ?.
std::string terminal_text(const std::string& text);

/// The same for a message of several lines: line ends stay.
std::string terminal_lines(const std::string& text);

/// Letters, not bytes, of text in UTF-8.
std::size_t terminal_width(const std::string& text);

}  // namespace minitape
