// The proof, before anything is trained, that a comparison is fair.
//
// With the same seed all variants see the same initial weights, batches and augmentation, unless
// these are what is varied: each random number comes from a stream that is named by its purpose.
// So runs with the same seed can be compared in pairs.
#pragma once

#include <string>
#include <vector>

#include "minitape/compare/compare.hpp"

namespace minitape {

/// What the variants have in common.
struct Fairness {
  std::string sentence;       // what was proved, for the reader
  bool same_weights = false;  // every initial tensor that two variants both have is bit-equal
  bool same_batches = false;  // same data, order, batch size and augmentation
};

/// Throws when the variants' configs differ in a key that is not varied; when model.batch_norm is
/// varied and there is no batch_norm layer; and when an initial tensor that two variants both have
/// differs, for one of the seeds, though no varied key (seed, model.init, model.layers) sets
/// initial weights.
Fairness check_fair(const std::vector<Variant>& variants, const std::vector<Variation>& variations,
                    Index seeds);

/// What the runs tell of the data that they saw, in a sentence.
std::string data_sentence(const std::vector<VariantHistory>& variants);

}  // namespace minitape
