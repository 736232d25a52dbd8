#include "minitape/text/shell.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace minitape {
namespace {

std::string shell_word(const std::string& word) {
  constexpr std::string_view kPlain = "_./=:,+@%-";
  const bool plain = std::all_of(word.begin(), word.end(), [&](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) || kPlain.find(letter) != kPlain.npos;
  });
  if (plain && !word.empty()) return word;
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

}  // namespace

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_word(word);
  return line;
}

}  // namespace minitape
