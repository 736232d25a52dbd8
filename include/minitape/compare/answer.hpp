// What the runs answer: a sentence for each pair of variants, which claims no more than they show.
#pragma once

#include <string>
#include <vector>

#include "minitape/compare/results.hpp"

namespace minitape {

/// Pairs are made by one key, at each setting of the others: each of its values is held against its
/// first one. That key is the first switch (false and true, held against false) or, where there is
/// none, the first varied key. A sentence gives the mean difference in final test accuracy over the
/// seeds that both completed, with its 95 % interval and whether that contains 0. Further
/// sentences name the runs that diverged.
///
/// `variants` must be in the order of make_variants.
std::vector<std::string> answer(const std::vector<Variation>& variations,
                                const std::vector<VariantHistory>& variants);

}  // namespace minitape
