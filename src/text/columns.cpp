#include "minitape/text/columns.hpp"

#include <algorithm>

#include "minitape/text/terminal_text.hpp"

namespace minitape {

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
