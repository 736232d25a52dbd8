#include "minitape/compare/variants.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>

#include "minitape/config/build.hpp"
#include "minitape/run/model_file.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"

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

// ---- Fairness ----

namespace {

// Throws where two variants differ in a key that is not varied.
void check_keys(const std::vector<Variant>& variants, const std::vector<Variation>& variations) {
  const Variant& first = variants.front();
  for (const Variant& variant : variants) {
    for (const std::string& key : differing_keys(first.config, variant.config)) {
      const bool varied = std::ranges::any_of(
          variations, [&](const auto& v) { return key == v.key || key.starts_with(v.key + "."); });
      MINITAPE_CHECK(varied, "[compare] \"", variant.name, "\" differs from \"", first.name,
                     "\" in ", key, ", which is not varied");
    }
  }
}

bool has_batch_norm(const std::vector<LayerConfig>& layers) {
  return std::ranges::any_of(layers, [](const LayerConfig& layer) {
    return layer.type == "batch_norm" || has_batch_norm(layer.layers);
  });
}

// Throws where model.batch_norm is varied but changes nothing: equal curves look like a finding.
void check_switch(const std::vector<Variant>& variants, const std::vector<Variation>& variations) {
  const bool varied = std::ranges::count(variations, "model.batch_norm", &Variation::key) > 0;
  const bool matters = std::ranges::any_of(
      variants, [](const Variant& variant) { return has_batch_norm(variant.config.model.layers); });
  MINITAPE_CHECK(!varied || matters,
                 "[compare] model.batch_norm must change something: no entry of model.layers is "
                 "a batch_norm layer; add { type = \"batch_norm\" } after conv2d or dense");
}

// The initial tensors that more than one variant has, over all seeds.
struct SharedTensors {
  std::set<std::string> equal, different;  // names
  Index numbers = 0;                       // in the equal ones, of one seed
};

SharedTensors compare_initial_tensors(const std::vector<Variant>& variants, Index seeds) {
  SharedTensors shared;
  for (Index seed = 0; seed < seeds; ++seed) {
    std::map<std::string, SavedTensor> seen;  // each as in the first variant that has it
    for (const Variant& variant : variants) {
      const Config config = with_seed(variant.config, seed);
      auto tensors = save_model(build_model(config, input_shape(config))).tensors;
      if (starts_from_images(config)) tensors.erase(tensors.begin());  // not known without images
      for (const SavedTensor& tensor : tensors) {
        const auto [other, is_new] = seen.try_emplace(tensor.name, tensor);
        if (is_new) continue;
        const bool equal =
            other->second.shape == tensor.shape && other->second.bytes == tensor.bytes;
        const bool first = (equal ? shared.equal : shared.different).insert(tensor.name).second;
        if (equal && first) shared.numbers += std::ssize(tensor.bytes) / Index{sizeof(Real)};
      }
    }
  }
  for (const std::string& name : shared.different) shared.equal.erase(name);
  return shared;
}

// A batch depends on nothing else in the config.
bool have_same_batches(const Config& a, const Config& b) {
  return build_source(a) == build_source(b) && build_batch_options(a) == build_batch_options(b) &&
         a.data.standardize == b.data.standardize;
}

// Whether a key is about the initial weights themselves.
bool sets_initial_weights(const Variation& variation) {
  return variation.key == "seed" || variation.key == "model.layers" ||
         variation.key.starts_with("model.init");
}

}  // namespace

Fairness check_fair(const std::vector<Variant>& variants, const std::vector<Variation>& variations,
                    Index seeds) {
  check_keys(variants, variations);
  check_switch(variants, variations);
  const SharedTensors shared = compare_initial_tensors(variants, seeds);
  MINITAPE_CHECK(shared.different.empty() || std::ranges::any_of(variations, sets_initial_weights),
                 "[compare] the variants start with different ", *shared.different.begin(),
                 ", though no varied key sets initial weights");

  const bool same_batches = std::ranges::all_of(variants, [&](const Variant& variant) {
    return have_same_batches(variants.front().config, variant.config);
  });
  std::vector<std::string> keys;
  for (const Variation& variation : variations) keys.push_back(variation.key);
  std::string sentence = concat("Fair: the variants differ in ", joined(keys, " and "), " alone. ",
                                shared.equal.size(), " initial tensors that they share (",
                                shared.numbers, " numbers) are bit-equal");
  if (seeds > 1) sentence += concat(" for each of ", seeds, " seeds");
  if (!shared.different.empty()) {
    sentence += concat("; ", shared.different.size(), " others differ as the varied key says");
  }
  sentence += same_batches ? ". They see the same batches." : ". Their batches differ.";
  return {sentence, shared.different.empty(), same_batches};
}

}  // namespace minitape
