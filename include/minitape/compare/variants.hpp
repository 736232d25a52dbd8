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

struct Variant {
  std::string name;    // "batch_norm = true", safe to show in a terminal
  std::string folder;  // "batch_norm-true", safe as a file name
  Config config;       // with the first seed
};

/// All combinations of the variations' values; those of the last variation change fastest.
std::vector<Variant> make_variants(const std::filesystem::path& file,
                                   const std::vector<std::string>& assignments,
                                   const std::vector<Variation>& variations);

/// The config with another seed: its own plus `offset`.
Config with_seed(Config config, Index offset);

}  // namespace minitape
