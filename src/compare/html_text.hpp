// Text of unknown origin as HTML.
#pragma once

#include <string>

namespace minitape {

/// The text between tags or in an attribute's quotes: & < > " ' are escaped, and what no page may
/// hold (bytes that are not UTF-8, control characters) is U+FFFD.
std::string html_text(const std::string& text);

/// A paragraph of text, of that class. Numbers keep their "± …" and " %" on the same line.
std::string paragraph(const std::string& text, const std::string& kind = "");
/// The heading of a part of the page.
std::string heading(const std::string& text);

}  // namespace minitape
