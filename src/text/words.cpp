#include "minitape/text/words.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace minitape {
namespace {

// How many insertions, deletions and replacements turn a into b. Of the classic table only the
// current row is kept: cost[j] is the distance from the first i letters of a to the first j of b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> cost(b.size() + 1);
  std::iota(cost.begin(), cost.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = cost[0];  // the row above, one to the left
    cost[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = cost[j + 1];
      cost[j + 1] = std::min({replaced, cost[j] + 1, diagonal + 1});
    }
  }
  return cost[b.size()];
}

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0: all of a name without dots
}

std::string shell_word(const std::string& word) {
  const bool plain = std::ranges::all_of(word, [](char letter) {
    constexpr std::string_view kPlain = "_./=:,+@%-";
    return std::isalnum(static_cast<unsigned char>(letter)) || kPlain.find(letter) != kPlain.npos;
  });
  if (plain && !word.empty()) return word;
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

}  // namespace

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (&word != &words.front()) text += separator;
    text += word;
  }
  return text;
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::size_t best_distance = 1 + last_part(name).size() / 4 + 1;  // near means below this
  std::string best;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = std::min(edit_distance(name, candidate),
                                          edit_distance(last_part(name), last_part(candidate)) + 1);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string shell_line(std::vector<std::string> words) {
  for (std::string& word : words) word = shell_word(word);
  return joined(words, " ");
}

}  // namespace minitape
