#include "minitape/text/terminal_text.hpp"

#include <algorithm>
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
  // All bytes of a letter but the first begin with the bits 10.
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

}  // namespace minitape
