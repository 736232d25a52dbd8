// A comparison: the same training with one thing varied, laid side by side.
//
// What lives in the room compare/, in the order in which it is used:
//
//   variants   a config for each value of the varied keys, and the proof that they compare fairly
//   compare    this file: the runs, one for each variant and seed
//   results    their numbers, the table, a sentence for each pair of variants
//   chart      the curves: as numbers, drawn by gnuplot, in a terminal
//   report     all that a comparison leaves for its readers, with report.html
//
// It includes rooms up to run/. The rooms after it (tools/, apps/) may include it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "minitape/compare/variants.hpp"
#include "minitape/run/trainer.hpp"

namespace minitape {

/// One run, read back from its folder.
struct RunHistory {
  std::filesystem::path folder;
  std::string data;  // data_checksum of what it was trained on; "" where it was not kept
  std::uint64_t seed = 0;
  std::vector<double> steps, step_seconds, loss, accuracy;                     // a value per step
  std::vector<double> epochs, epoch_steps, test_accuracy, test_loss, seconds;  // a value per epoch
  std::vector<double> train_accuracy, train_eval_accuracy;                     // a value per epoch
  std::optional<double> accuracy_by_views;  // where train.views is set
  std::optional<Index> diverged_at;         // the step

  /// Whether the run has a final test accuracy: it did not diverge and was measured.
  bool is_complete() const { return !diverged_at && !test_accuracy.empty(); }
};
RunHistory read_history(const std::filesystem::path& folder);  // from its files

/// The runs of one variant, one per seed.
struct VariantHistory {
  std::string name;
  std::vector<RunHistory> runs;
};

/// What a caller may want to watch: each run, and a line that announces it.
struct CompareWatcher {
  TrainWatcher runs;
  std::function<void(const std::string& announcement)> on_start = [](auto&&...) {};
};

/// Trains every variant with every seed (the config's own, the next one, …), each in a folder of
/// its own in `out`, and reads all runs back. A run that is complete is not trained again; one that
/// was interrupted goes on. Throws before training where runs that should see the same data were
/// made with others. Returns nothing where the watcher stopped a run.
std::vector<VariantHistory> run_variants(const std::vector<Variant>& variants, Index seeds,
                                         const std::filesystem::path& out,
                                         const CompareWatcher& watcher = {});

}  // namespace minitape
