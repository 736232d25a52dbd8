#include "compare/html_text.hpp"

#include <string_view>
#include <utility>

#include "minitape/core/check.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

std::string html_letter(char letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      break;
  }
  const bool control =
      (static_cast<unsigned char>(letter) < ' ' && letter != '\n') || letter == '\x7f';
  return control ? "\uFFFD" : std::string(1, letter);
}

}  // namespace

std::string html_text(const std::string& text) {
  std::string html;
  for (const char letter : valid_utf8(text)) html += html_letter(letter);
  return html;
}

std::string paragraph(const std::string& text, const std::string& kind) {
  std::string html = html_text(text);
  const std::pair<std::string_view, std::string_view> kept_together[] = {{" ± ", "\u00A0±\u00A0"},
                                                                         {" %", "\u00A0%"}};
  for (const auto& [loose, tight] : kept_together) {
    for (std::size_t at = 0; (at = html.find(loose, at)) != html.npos; at += tight.size()) {
      html.replace(at, loose.size(), tight);
    }
  }
  return concat("<p", kind.empty() ? "" : " class=\"" + kind + "\"", ">", html, "</p>\n");
}

std::string heading(const std::string& text) {
  return "<h2>" + html_text(text) + "</h2>\n";
}

}  // namespace minitape
