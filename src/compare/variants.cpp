#include "minitape/compare/variants.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>

#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

// A list of layers as a value would be a longer name than any file system takes.
constexpr std::size_t kMaxFolderName = 80;
// Far more than anyone looks at.
constexpr std::size_t kMaxVariants = 1000;

// The number of combinations. Throws where it is too large, or a key is varied twice.
std::size_t count_combinations(const std::vector<Variation>& variations) {
  MINITAPE_CHECK(!variations.empty(), "[compare] needs a key to vary");
  std::size_t combinations = 1;
  std::set<std::string> keys;
  for (const Variation& variation : variations) {
    MINITAPE_CHECK(keys.insert(variation.key).second, "[vary] ", variation.key,
                   " is varied twice: list all its values in one --vary");
    combinations *= variation.values.size();
    MINITAPE_CHECK(combinations <= kMaxVariants, "[vary] at most ", kMaxVariants,
                   " variants can be compared: got ", combinations, " combinations and more");
  }
  return combinations;
}

}  // namespace

std::string file_safe(std::string text) {
  text.resize(std::min(text.size(), kMaxFolderName));
  for (char& letter : text) {
    const bool safe = std::isalnum(static_cast<unsigned char>(letter)) || letter == '.' ||
                      letter == '-' || letter == '_';
    if (!safe) letter = '_';
  }
  return text;
}

Variation parse_variation(const std::string& text) {
  const std::size_t equals = text.find('=');
  MINITAPE_CHECK(equals != std::string::npos && equals > 0,
                 "[vary] expected key=value1,value2: got \"", text, "\"");
  Variation variation{text.substr(0, equals), {""}};
  int depth = 0;   // of brackets and braces
  char quote = 0;  // the one that is open, or 0
  for (const char letter : text.substr(equals + 1)) {
    if (quote) {
      if (letter == quote) quote = 0;
    } else if (letter == '"' || letter == '\'') {
      quote = letter;
    } else if (letter == '[' || letter == '{') {
      ++depth;
    } else if (letter == ']' || letter == '}') {
      --depth;
    } else if (letter == ',' && depth == 0) {
      variation.values.emplace_back();
      continue;
    }
    variation.values.back() += letter;
  }
  const std::set<std::string> different(variation.values.begin(), variation.values.end());
  MINITAPE_CHECK(variation.values.size() >= 2 && !different.contains(""),
                 "[vary] needs at least two values, separated by commas: got \"", text, "\"");
  MINITAPE_CHECK(different.size() == variation.values.size(),
                 "[vary] the values must differ: got \"", text, "\"");
  return variation;
}

std::vector<Variant> make_variants(const std::filesystem::path& file,
                                   const std::vector<std::string>& assignments,
                                   const std::vector<Variation>& variations) {
  const std::size_t combinations = count_combinations(variations);
  std::vector<Variant> variants;
  std::set<std::string> folders;
  for (std::size_t i = 0; i < combinations; ++i) {
    Variant variant;
    std::vector<std::string> all = assignments;
    // The i-th combination, read like a number: each variation is a digit, the last one changes
    // fastest.
    std::size_t place = combinations;
    for (const auto& [key, values] : variations) {
      place /= values.size();
      const std::string& value = values[i / place % values.size()];
      const std::string short_key = key.substr(key.rfind('.') + 1);
      all.push_back(key + "=" + value);
      variant.name += (variant.name.empty() ? "" : ", ") + short_key + " = " + terminal_text(value);
      variant.folder += (variant.folder.empty() ? "" : "_") + short_key + "-" + value;
    }
    variant.config = read_config(file, all);
    for (const Variant& other : variants) {
      MINITAPE_CHECK(!(other.config == variant.config), "[vary] \"", other.name, "\" and \"",
                     variant.name, "\" are the same config");
    }
    // Different values can make the same safe name.
    variant.folder = file_safe(variant.folder);
    while (!folders.insert(variant.folder).second) variant.folder += "_" + std::to_string(i);
    variants.push_back(std::move(variant));
  }
  return variants;
}

Config with_seed(Config config, Index offset) {
  constexpr std::uint64_t kMaxSeed = std::numeric_limits<std::int64_t>::max();  // TOML's largest
  MINITAPE_CHECK(config.seed <= kMaxSeed - static_cast<std::uint64_t>(offset),
                 "[compare] seeds must be below 2^63: got ", config.seed, " + ", offset);
  config.seed += static_cast<std::uint64_t>(offset);
  return config;
}

}  // namespace minitape
