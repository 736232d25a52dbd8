// One training run: what it works with and where it stands. Private to trainer.cpp, which has the
// loops, and resume.cpp, which has the checkpoints.
#pragma once

#include <chrono>

#include "minitape/run/trainer.hpp"

namespace minitape {

class TrainingRun {
 public:
  TrainingRun(const Config& config, const TrainTest& data, Sequential model,
              const std::filesystem::path& folder, const TrainWatcher& watcher, Start start);

  TrainOutcome train();

  Index steps() const { return at_.steps; }
  void discard() const { folder_.discard(); }

 private:
  using Clock = std::chrono::steady_clock;

  // ---- trainer.cpp ----
  void train_epoch();
  StepRecord train_step(Batch& batch, Index epoch);
  void keep(const StepRecord& record, Index images);
  void measure(Index epoch, Score seen);
  bool has_ended() const { return stopped_by_divergence() || outcome_.interrupted; }
  bool stopped_by_divergence() const { return at_.divergence && config_.train.stop_on_divergence; }
  SafetensorsFile saved_model() const;
  double seconds() const;

  // ---- resume.cpp ----
  void write_checkpoint();
  void resume();
  std::map<std::string, std::string> data_metadata() const;
  void check_same_data(const SafetensorsFile& checkpoint) const;
  void check_standing() const;

  const Config& config_;
  const TrainTest& data_;
  const TrainWatcher& watcher_;

  Sequential model_;
  Sgd sgd_;
  DataFacts facts_;
  Batches batches_;
  Schedule schedule_;
  Index total_steps_, total_epochs_;
  RunFolder folder_;
  Tape tape_;
  Standing at_;
  TrainOutcome outcome_;
  double seconds_before_ = 0;  // of the processes that worked on this run before
  Clock::time_point start_ = Clock::now(), checkpoint_written_ = start_;
};

}  // namespace minitape
