// Names of files, folders and classes as a terminal may show them.
#pragma once

#include <cstddef>
#include <string>

namespace minitape {

/// Control characters, which could do anything to a terminal, and bytes that are not UTF-8 become ?.
std::string terminal_text(const std::string& text);

/// Letters, not bytes, of text in UTF-8.
std::size_t terminal_width(const std::string& text);

}  // namespace minitape
