// The training loop: one config, one data set, one run folder.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "minitape/experiment/build.hpp"
#include "minitape/experiment/run_folder.hpp"

namespace minitape {

/// Where the numbers of a run went bad.
struct Divergence {
  Index step = 0;
  double learning_rate = 0;
  std::string where;  // the first value that is not finite: "layer 3.conv2d (conv2d)"
};

struct TrainOutcome {
  EpochRecord last;    // of the last epoch that was measured
  Index steps = 0;     // that were taken
  double seconds = 0;  // in all, evaluations included
  std::optional<Divergence> divergence;
};

/// What a caller may want to watch while the run goes on.
struct TrainWatcher {
  std::function<void(const StepRecord&, Index images, Index total_steps)> on_step;
  std::function<void(const EpochRecord&)> on_epoch;
};

/// Trains, measures after every epoch and keeps everything in a new run folder. Input that cannot
/// work throws and leaves no folder behind. When the loss is no longer finite and
/// train.stop_on_divergence is set, the run ends there: the outcome says where, what was measured
/// until then is kept, and no model.safetensors is written.
TrainOutcome train(const Config& config, const TrainTest& data, const std::filesystem::path& folder,
                   const TrainWatcher& watcher = {});

/// Mean loss and accuracy over the first `count` images, without augmentation. The model is const:
/// it normalizes with its running statistics and cannot change.
Score evaluate(const Sequential& model, const Dataset& dataset,
               const Standardization& standardization, Index count);

}  // namespace minitape
