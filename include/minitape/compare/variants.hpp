// Variants of a config: one for each combination of the varied keys' values.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/config/config.hpp"

namespace minitape {

/// A varied key and its values, as written: "model.batch_norm" and {"false", "true"}.
struct Variation {
  std::string key;
  std::vector<std::string> values;
};

/// Reads "model.batch_norm=false,true". Commas inside brackets, braces and quotes do not separate
/// values. Throws when there is no key or fewer than two values.
Variation parse_variation(const std::string& text);

struct Variant {       // one config of a comparison
  std::string name;    // "batch_norm = true", safe to show in a terminal
  std::string folder;  // "batch_norm-true", safe as a file name
  Config config;       // with the first seed
};

/// The text as a folder's name: letters that are not safe there become "_", and a long one is cut.
std::string file_safe(std::string text);

/// All combinations of the variations' values; those of the last variation change fastest.
std::vector<Variant> make_variants(const std::filesystem::path& file,
                                   const std::vector<std::string>& assignments,
                                   const std::vector<Variation>& variations);

/// The config with another seed: its own plus `offset`.
Config with_seed(Config config, Index offset);

// ---- Fairness: what is proved before anything is trained ----
//
// With the same seed all variants see the same initial weights, batches and augmentation, unless
// these are what is varied: each random number comes from a stream that is named by its purpose.
// So runs with the same seed can be compared in pairs.

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

}  // namespace minitape
