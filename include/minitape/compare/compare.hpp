// compare: the same training with one thing varied, laid side by side.
//
// Every variant is trained with every seed: seed, seed + 1, … Everything that is reported is read
// back from the run folders, so that a comparison that was interrupted goes on where it was, and a
// finished one is shown again without training.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "minitape/compare/variants.hpp"
#include "minitape/run/trainer.hpp"

namespace minitape {

/// One run as its folder tells it.
struct RunHistory {
  std::filesystem::path folder;
  std::uint64_t seed = 0;
  std::vector<double> steps, step_seconds, loss, accuracy;                     // a value per step
  std::vector<double> epochs, epoch_steps, test_accuracy, test_loss, seconds;  // a value per epoch
  std::vector<double> train_accuracy, train_eval_accuracy;                     // a value per epoch
  std::optional<Index> diverged_at;                                            // the step
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
  // What a user should know about the data, in a sentence.
  std::function<void(const std::string& note)> tell = [](const std::string&) {};
};

/// Trains what is missing, run by run. `watch` is called before each with a line that announces it.
std::vector<VariantHistory> run_variants(
    const std::vector<Variant>& variants, const CompareOptions& options,
    const std::function<TrainWatcher(const std::string& announcement)>& watch);

}  // namespace minitape
