// Text of unknown origin as UTF-8.
#pragma once

#include <string>

namespace minitape {

/// The text with U+FFFD for what is not UTF-8.
std::string valid_utf8(const std::string& text);

}  // namespace minitape
