// The proof, before anything is trained, that a comparison is fair.
#include "minitape/compare/variants.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "minitape/config/build.hpp"
#include "minitape/run/model_file.hpp"

namespace minitape {
namespace {

// Throws where two variants differ in a key that is not varied.
void check_keys(const std::vector<Variant>& variants, const std::vector<Variation>& variations) {
  const Variant& first = variants.front();
  for (const Variant& variant : variants) {
    for (const std::string& key : differing_keys(first.config, variant.config)) {
      const bool varied = std::any_of(variations.begin(), variations.end(), [&](const auto& v) {
        return key == v.key || key.starts_with(v.key + ".");
      });
      MINITAPE_CHECK(varied, "[compare] \"", variant.name, "\" differs from \"", first.name,
                     "\" in ", key, ", which is not varied");
    }
  }
}

bool has_batch_norm(const std::vector<LayerConfig>& layers) {
  return std::any_of(layers.begin(), layers.end(), [](const LayerConfig& layer) {
    return layer.type == "batch_norm" || has_batch_norm(layer.layers);
  });
}

// Throws where model.batch_norm is varied and switches nothing: two equal curves would look like a
// finding.
void check_switch(const std::vector<Variant>& variants, const std::vector<Variation>& variations) {
  const bool varied =
      std::any_of(variations.begin(), variations.end(),
                  [](const Variation& variation) { return variation.key == "model.batch_norm"; });
  const bool matters = std::any_of(variants.begin(), variants.end(), [](const Variant& variant) {
    return has_batch_norm(variant.config.model.layers);
  });
  MINITAPE_CHECK(!varied || matters,
                 "[compare] model.batch_norm must change something: no entry of model.layers is "
                 "a batch_norm layer; add { type = \"batch_norm\" } behind conv2d or dense");
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
      for (SavedTensor& tensor : save_model(build_model(config, input_shape(config))).tensors) {
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
  MINITAPE_CHECK(shared.different.empty() ||
                     std::any_of(variations.begin(), variations.end(), sets_initial_weights),
                 "[compare] the variants start with different ", *shared.different.begin(),
                 ", though no varied key sets initial weights");

  const bool same_batches =
      std::all_of(variants.begin(), variants.end(), [&](const Variant& variant) {
        return have_same_batches(variants.front().config, variant.config);
      });
  std::string keys;
  for (const Variation& variation : variations) {
    keys += (keys.empty() ? "" : " and ") + variation.key;
  }
  std::string sentence =
      concat("Fair: the variants differ in ", keys, " alone. ", shared.equal.size(),
             " initial tensors that they share (", shared.numbers, " numbers) are bit-equal");
  if (seeds > 1) sentence += concat(" for each of ", seeds, " seeds");
  if (!shared.different.empty()) {
    sentence += concat("; ", shared.different.size(), " others differ as the varied key says");
  }
  sentence += same_batches ? ". They see the same batches." : ". Their batches differ.";
  return {sentence, shared.different.empty(), same_batches};
}

}  // namespace minitape
