#include "minitape/text/terminal_text.hpp"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace minitape {
namespace {

std::string shown_text(const std::string& text, bool keep_line_ends) {
  const std::string valid = valid_utf8(text);
  std::string shown;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const auto byte = static_cast<unsigned char>(valid[i]);
    // U+0080 to U+009F, the second set of control characters: C2 80 to C2 9F.
    const bool second_set = byte == 0xC2 && static_cast<unsigned char>(valid[i + 1]) < 0xA0;
    const bool replaced = valid.compare(i, 3, "\uFFFD") == 0;
    const bool line_end = keep_line_ends && byte == '\n';
    const bool bad = (byte < 0x20 && !line_end) || byte == 0x7F || second_set || replaced;
    shown += bad ? '?' : valid[i];
    i += second_set ? 1 : replaced ? 2 : 0;
  }
  return shown;
}

}  // namespace

std::string valid_utf8(const std::string& text) {
  using nlohmann::json;  // its writer can replace what is not UTF-8
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string terminal_text(const std::string& text) { return shown_text(text, false); }

std::string terminal_lines(const std::string& text) { return shown_text(text, true); }

std::size_t terminal_width(const std::string& text) {
  // The C library knows how wide every letter is; the user's locale need not.
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = ::uselocale(utf8);
  std::wstring letters(text.size(), L'\0');
  const std::size_t count = std::mbstowcs(letters.data(), text.c_str(), letters.size());
  const int width = count <= letters.size() ? ::wcswidth(letters.data(), count) : -1;
  ::uselocale(before);
  return width >= 0 ? static_cast<std::size_t>(width) : text.size();  // not UTF-8: as bytes
}

std::string aligned(const std::vector<std::vector<std::string>>& rows,
                    const std::string& alignment) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], terminal_width(row[c]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - terminal_width(row[c]), ' ');
      const bool left = alignment[std::min(c, alignment.size() - 1)] == 'l';
      line += (c > 0 ? "   " : "") + (left ? row[c] + padding : padding + row[c]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace minitape
