// Training: one config and one data set become one run folder.
//
// The room run/ holds what one training run is and leaves behind:
//
//   trainer.hpp     training                    progress.hpp     a run's progress, live
//   run_folder.hpp  all files of a run          model_file.hpp   trained models and checkpoints
//   csv.hpp         tables of numbers           safetensors.hpp  named tensors in a file
//   environment.hpp program and machine         diagnostics.hpp  what goes on inside
//   layer_by_layer.hpp                          the running statistics, measured anew
//
// It includes config/ and the rooms before it. compare/, tools/ and apps/ may include it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "minitape/config/build.hpp"
#include "minitape/run/evaluate.hpp"
#include "minitape/run/run_folder.hpp"

namespace minitape {

struct TrainOutcome {  // how a run ended
  EpochRecord last;    // of the last epoch that was measured
  Index steps = 0;     // that were taken since the start of the run
  std::optional<Divergence> divergence;
  bool interrupted = false;  // the watcher wanted it to end before it was done
};

/// What a caller may want to watch while the run goes on, and how it can end it.
struct TrainWatcher {
  std::function<void(const StepRecord&, Index images, Index total_steps)> on_step = [](auto&&...) {
  };
  std::function<void(const EpochRecord&)> on_epoch = [](auto&&...) {};
  // Asked after every step; the run can be resumed.
  std::function<bool()> wants_to_stop = [] { return false; };
  // What the user should know, in a sentence.
  std::function<void(const std::string& note)> tell = [](auto&&...) {};
};

/// Trains, measures after every epoch and keeps everything in the run folder. Resumed, it goes on
/// from the last checkpoint, and everything but the seconds becomes as if it had never stopped.
/// Input that cannot work throws and leaves no new folder behind. When the loss is no longer finite
/// and train.stop_on_divergence is set, the run ends there: the outcome says where, what was
/// measured until then is kept, and no model.safetensors is written.
TrainOutcome train(const Config& config, const TrainTest& data, const std::filesystem::path& folder,
                   const TrainWatcher& watcher = {}, Start start = Start::fresh);

}  // namespace minitape
