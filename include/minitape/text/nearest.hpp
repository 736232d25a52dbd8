// "Did you mean …?": the known name that lies nearest to a misspelt one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minitape {

/// The candidate that takes the fewest single-letter edits (Levenshtein distance) to turn `name`
/// into, the first one of equals; "" when none is near, that is, within 1 + a quarter of the
/// letters. Of dotted names the last part alone may match, at the price of one edit:
/// "train.momentum" is near "optimizer.momentum".
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace minitape
