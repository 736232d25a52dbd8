// Lists of words: joined, searched for a misspelt one, written as a command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minitape {

/// `a, b, c`
std::string joined(const std::vector<std::string>& words, std::string_view separator = ", ");

/// "Did you mean …?": the candidate that takes the fewest single-letter edits (Levenshtein
/// distance) to turn `name` into, the first one of equals; "" when none is near, that is, within
/// 1 + a quarter of the letters. Of dotted names the last part alone may match, at the price of one
/// edit: "train.momentum" is near "optimizer.momentum".
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

/// The words as a line that a POSIX shell splits into the same words: a command to copy.
std::string shell_line(std::vector<std::string> words);

}  // namespace minitape
