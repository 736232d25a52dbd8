// compare: the same training with one thing varied, laid side by side.
//
// A variant is the config with one value for each varied key. Every variant is trained with every
// seed: seed, seed + 1, … Within a seed all variants see the same initial weights, batches and
// augmentation, because each random number comes from a stream that is named by its purpose. That
// makes the comparison paired. check_fair proves it before anything is trained.
//
// Everything that is reported is read back from the run folders, so that a comparison that was
// interrupted goes on where it was, and a finished one is shown again without training.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "minitape/experiment/config.hpp"
#include "minitape/experiment/trainer.hpp"

namespace minitape {

/// "model.batch_norm=false,true": a key and its values. Commas inside of brackets, braces and
/// quotes do not separate. Throws when there is no key or fewer than two values.
struct Variation {
  std::string key;
  std::vector<std::string> values;
};
Variation parse_variation(const std::string& text);

struct Variant {
  std::string name;    // "batch_norm = true"
  std::string folder;  // "batch_norm-true", safe as a file name
  Config config;       // with the first seed
};

/// All combinations of the variations' values, the last variation running fastest.
std::vector<Variant> make_variants(const std::filesystem::path& file,
                                   const std::vector<std::string>& assignments,
                                   const std::vector<Variation>& variations);

/// Throws unless the variants' configs differ in the varied keys alone and, for every seed, every
/// initial tensor that two variants both have is bit-equal. Keys that are about the initial weights
/// themselves (seed, model.init, model.layers) may change them. Returns the proof as a sentence.
std::string check_fair(const std::vector<Variant>& variants,
                       const std::vector<Variation>& variations, Index seeds);

/// One run as its folder tells it.
struct RunHistory {
  std::uint64_t seed = 0;
  std::vector<double> steps, step_seconds, loss, accuracy;                     // a value per step
  std::vector<double> epochs, epoch_steps, test_accuracy, test_loss, seconds;  // a value per epoch
  std::vector<double> train_eval_accuracy;
  std::optional<Index> diverged_at;  // the step
};
RunHistory read_history(const std::filesystem::path& folder);

/// The runs of one variant, one per seed.
struct VariantHistory {
  std::string name;
  std::vector<RunHistory> runs;
};

struct CompareOptions {
  Index seeds = 1;
  std::filesystem::path out;
};

/// Trains what is missing, run by run; `announce` is called before each with a line about it.
std::vector<VariantHistory> run_variants(
    const std::vector<Variant>& variants, const CompareOptions& options,
    const std::function<TrainWatcher(const std::string& announcement)>& watch);

}  // namespace minitape
