#include "minitape/experiment/compare.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "minitape/core/parallel.hpp"
#include "minitape/experiment/checkpoint.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// The part of a key after its last dot: enough to tell the variants apart for a reader.
std::string short_name(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

std::string file_safe(std::string text) {
  for (char& letter : text) {
    const bool safe = std::isalnum(static_cast<unsigned char>(letter)) || letter == '.' ||
                      letter == '-' || letter == '_';
    if (!safe) letter = '_';
  }
  return text;
}

// Whether a key is about the initial weights themselves.
bool sets_initial_weights(const std::string& key) {
  return key == "seed" || key == "model.layers" || key.starts_with("model.init");
}

Config with_seed(Config config, Index offset) {
  config.seed += static_cast<std::uint64_t>(offset);
  return config;
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

// ---- Variants ----

Variation parse_variation(const std::string& text) {
  const std::size_t equals = text.find('=');
  MINITAPE_CHECK(equals != std::string::npos && equals > 0,
                 "[vary] expected key=value1,value2: got \"", text, "\"");
  Variation variation{text.substr(0, equals), {""}};
  int depth = 0;
  char quote = 0;
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
  const auto& values = variation.values;
  MINITAPE_CHECK(values.size() >= 2 && std::find(values.begin(), values.end(), "") == values.end(),
                 "[vary] needs at least two values, separated by commas: got \"", text, "\"");
  MINITAPE_CHECK(std::set<std::string>(values.begin(), values.end()).size() == values.size(),
                 "[vary] the values must differ: got \"", text, "\"");
  return variation;
}

std::vector<Variant> make_variants(const fs::path& file,
                                   const std::vector<std::string>& assignments,
                                   const std::vector<Variation>& variations) {
  MINITAPE_CHECK(!variations.empty(), "[compare] needs a key to vary");
  std::size_t combinations = 1;
  for (const Variation& variation : variations) combinations *= variation.values.size();
  std::vector<Variant> variants;
  for (std::size_t i = 0; i < combinations; ++i) {
    Variant variant;
    std::vector<std::string> all = assignments;
    // The i-th combination, read like a number whose last digit is the last variation.
    std::size_t rest = combinations, digit = i;
    for (const Variation& variation : variations) {
      rest /= variation.values.size();
      const std::string& value = variation.values[digit / rest];
      digit %= rest;
      all.push_back(variation.key + "=" + value);
      variant.name +=
          (variant.name.empty() ? "" : ", ") + short_name(variation.key) + " = " + value;
      variant.folder +=
          (variant.folder.empty() ? "" : "_") + file_safe(short_name(variation.key) + "-" + value);
    }
    variant.config = read_config(file, all);
    variants.push_back(std::move(variant));
  }
  std::set<std::string> folders;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (!folders.insert(variants[i].folder).second) variants[i].folder += "_" + std::to_string(i);
  }
  return variants;
}

// ---- Fairness ----

std::string check_fair(const std::vector<Variant>& variants,
                       const std::vector<Variation>& variations, Index seeds) {
  std::string keys;
  bool weights_may_differ = false;
  for (const Variation& variation : variations) {
    keys += (keys.empty() ? "" : " and ") + variation.key;
    weights_may_differ |= sets_initial_weights(variation.key);
  }
  const Config& first = variants.front().config;
  for (const Variant& variant : variants) {
    for (const std::string& key : differing_keys(first, variant.config)) {
      const bool varied = std::any_of(variations.begin(), variations.end(), [&](const auto& v) {
        return key == v.key || key.starts_with(v.key + ".");
      });
      MINITAPE_CHECK(varied, "[compare] \"", variant.name, "\" differs from \"",
                     variants.front().name, "\" in ", key, ", which is not varied");
    }
  }

  std::set<std::string> shared;
  Index numbers = 0;
  for (Index seed = 0; seed < seeds; ++seed) {
    const auto build = [&](const Config& config) {
      Sequential model = build_model(with_seed(config, seed), input_shape(config));
      return save_model(model);
    };
    const SafetensorsFile reference = build(first);
    for (std::size_t v = 1; v < variants.size(); ++v) {
      for (const SavedTensor& tensor : build(variants[v].config).tensors) {
        const SavedTensor* other = reference.find(tensor.name);
        if (!other || other->shape != tensor.shape) continue;
        const bool equal = other->bytes == tensor.bytes;
        MINITAPE_CHECK(equal || weights_may_differ, "[compare] the initial ", tensor.name, " of \"",
                       variants[v].name, "\" and \"", variants.front().name,
                       "\" differ, though the varied key does not set initial weights");
        if (equal && shared.insert(tensor.name).second) {
          numbers += static_cast<Index>(tensor.bytes.size() / sizeof(Real));
        }
      }
    }
  }
  std::string text = concat(
      "Fair: the variants differ in ", keys, " alone. They share ", shared.size(),
      " initial tensors (", numbers, " numbers), bit-equal for ",
      seeds == 1 ? "the seed" : concat("each of ", seeds, " seeds"), ", and see the same batches.");
  if (weights_may_differ) text += " Other initial weights differ as the varied key says.";
  return text;
}

// ---- Running ----

RunHistory read_history(const fs::path& folder) {
  const CsvTable steps = read_csv(folder / "steps.csv");
  const CsvTable metrics = read_csv(folder / "metrics.csv");
  RunHistory run{.steps = steps.numbers("step"),
                 .step_seconds = steps.numbers("seconds"),
                 .loss = steps.numbers("loss"),
                 .accuracy = steps.numbers("accuracy"),
                 .epochs = metrics.numbers("epoch"),
                 .epoch_steps = metrics.numbers("step"),
                 .test_accuracy = metrics.numbers("test_accuracy"),
                 .test_loss = metrics.numbers("test_loss"),
                 .seconds = metrics.numbers("seconds"),
                 .train_eval_accuracy = metrics.numbers("train_eval_accuracy")};
  for (std::size_t i = 0; i < run.loss.size() && !run.diverged_at; ++i) {
    if (!std::isfinite(run.loss[i])) run.diverged_at = static_cast<Index>(run.steps[i]);
  }
  for (std::size_t i = 0; i < run.test_loss.size() && !run.diverged_at; ++i) {
    if (!std::isfinite(run.test_loss[i])) run.diverged_at = static_cast<Index>(run.epoch_steps[i]);
  }
  return run;
}

namespace {

// Whether the folder holds this very run, ended: nothing is left to do then. A folder that holds
// another config's run must not be touched.
bool already_done(const fs::path& folder, const Config& config) {
  if (!RunFolder::holds_run(folder)) return false;
  MINITAPE_CHECK(read_text(folder / "config.toml") == to_toml(config), "[compare] ", folder,
                 " holds a run with another config: name a new folder with --out, or remove it");
  if (RunFolder::is_complete(folder)) return true;
  return fs::exists(folder / "metrics.csv") && read_history(folder).diverged_at.has_value();
}

}  // namespace

std::vector<VariantHistory> run_variants(
    const std::vector<Variant>& variants, const CompareOptions& options,
    const std::function<TrainWatcher(const std::string& announcement)>& watch) {
  std::vector<VariantHistory> histories;
  for (const Variant& variant : variants) histories.push_back({variant.name, {}});

  for (Index seed = 0; seed < options.seeds; ++seed) {
    std::optional<TrainTest>
        data;  // loaded once per seed, and only when something is to be trained
    for (std::size_t v = 0; v < variants.size(); ++v) {
      const Config config = with_seed(variants[v].config, seed);
      const fs::path folder =
          options.out / (variants[v].folder + "_seed-" + std::to_string(config.seed));
      if (!already_done(folder, config)) {
        const DataSource source = build_source(config);
        const DataSource before =
            v > 0 ? build_source(with_seed(variants[v - 1].config, seed)) : source;
        if (!data || !(source == before)) data = load_data(source);
        // What an interrupted comparison left of this run is the beginning of the same run.
        fs::remove_all(folder);
        train(config, *data, folder, watch(concat(variants[v].name, ", seed ", config.seed)));
      }
      RunHistory history = read_history(folder);
      history.seed = config.seed;
      histories[v].runs.push_back(std::move(history));
    }
  }
  return histories;
}

}  // namespace minitape
