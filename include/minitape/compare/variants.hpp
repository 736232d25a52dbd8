// Variants of a config, and the proof that comparing them is fair.
//
// A variant is the config with one value for each varied key. Within a seed all variants see the
// same initial weights, batches and augmentation, unless it is these that are varied, because each
// random number comes from a stream that is named by its purpose. That makes a comparison paired.
// check_fair proves it before anything is trained.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/config/config.hpp"

namespace minitape {

/// "model.batch_norm=false,true": a key and its values. Commas inside of brackets, braces and
/// quotes do not separate. Throws when there is no key or fewer than two values.
struct Variation {
  std::string key;
  std::vector<std::string> values;
};
Variation parse_variation(const std::string& text);

/// The part of a key after its last dot: enough to tell variants apart for a reader.
std::string short_name(const std::string& key);

struct Variant {
  std::string name;    // "batch_norm = true", fit for a terminal
  std::string folder;  // "batch_norm-true", safe as a file name
  Config config;       // with the first seed
};

/// All combinations of the variations' values, the last variation running fastest.
std::vector<Variant> make_variants(const std::filesystem::path& file,
                                   const std::vector<std::string>& assignments,
                                   const std::vector<Variation>& variations);

/// What the variants of one seed have in common.
struct Fairness {
  std::string sentence;       // the proof, for the reader
  bool same_weights = false;  // every initial tensor that two variants both have is bit-equal
  bool same_batches = false;  // same data, order, batch size and augmentation
};

/// Throws unless the variants' configs differ in the varied keys alone and, for every seed, every
/// initial tensor that two variants both have is bit-equal; also where model.batch_norm is varied
/// and there is no batch_norm layer. Keys that are about the initial weights
/// themselves (seed, model.init, model.layers) may change them.
Fairness check_fair(const std::vector<Variant>& variants, const std::vector<Variation>& variations,
                    Index seeds);

/// The config of a later seed: `offset` = 0 is the config's own.
Config with_seed(Config config, Index offset);

}  // namespace minitape
