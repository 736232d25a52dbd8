#include "minitape/run/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "minitape/core/parallel.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/recipe/label_smoothing.hpp"
#include "minitape/recipe/lookahead.hpp"
#include "minitape/run/diagnostics.hpp"
#include "minitape/run/layer_by_layer.hpp"
#include "minitape/run/progress.hpp"

namespace minitape {
namespace {

// One training run: what it works with and where it stands.
class TrainingRun {
 public:
  TrainingRun(const Config& config, const TrainTest& data, Sequential model, DataFacts facts,
              const std::filesystem::path& folder, const TrainWatcher& watcher, Start start)
      : config_(config),
        data_(data),
        watcher_(watcher),
        model_(std::move(model)),
        sgd_(model_.state().parameters, build_sgd_options(config)),
        facts_(std::move(facts)),
        batches_(data.train, facts_.standardization, build_batch_options(config)),
        schedule_(build_schedule(config, batches_.batches_per_epoch())),
        total_steps_(total_steps(config, batches_.batches_per_epoch())),
        total_epochs_(chunk_count(total_steps_, batches_.batches_per_epoch())),
        lookahead_{config.optimizer.lookahead_steps, config.optimizer.lookahead_decay},
        slow_(lookahead_.every > 0 ? Sequential(model_) : Sequential()),
        folder_(folder, config, data_checksum(data), start) {
    slow_.add_prefix("optimizer.slow");  // its names in checkpoints
    for (const std::string& note : folder_.notes()) watcher_.tell(note);
    if (start == Start::resume) resume();
    const Index measured = at_.steps == 0 ? 0 : at_.epochs + 1;  // once before training
    if (config.diagnostics) diagnostics_.emplace(folder_.path(), model_, measured);
  }

  // ---- The loops: a run is epochs, an epoch is steps and a measurement, a step is one update ----

  TrainOutcome train() {
    // Find out now whether the model takes the smaller last batch, and the images all views.
    const bool rest_comes = batches_.rest() > 0 && total_steps_ >= batches_.batches_per_epoch();
    if (rest_comes) try_batch(model_, facts_.image_shape.with_batch(batches_.rest()));
    evaluate(model_, data_.test, facts_.standardization, 1, views_named(config_.train.views));
    if (at_.steps == 0) {
      write_model("initial.safetensors");
      diagnose(0);
    }
    if (total_epochs_ == 0) measure(0, Score{std::nan(""), std::nan("")});
    while (at_.epochs < total_epochs_ && !has_ended()) train_epoch();

    if (!stopped_by_divergence()) write_checkpoint();
    if (!has_ended()) {
      write_views(folder_.path() / "views.csv", config_.train.views, outcome_.last, model_,
                  data_.test, facts_.standardization);
      write_model("model.safetensors");
    }
    outcome_.steps = at_.steps;
    outcome_.divergence = at_.divergence;
    return outcome_;
  }

  Index steps() const { return at_.steps; }
  void discard() const { folder_.discard(); }

 private:
  // From where the run stands to the end of the epoch, or to where the run ends.
  void train_epoch() {
    const Index epoch = at_.epochs + 1;
    batches_.start_epoch(epoch - 1, at_.steps - at_.epochs * batches_.batches_per_epoch());
    while (at_.steps < total_steps_ && !has_ended()) {
      const double start = steady_seconds();
      std::optional<Batch> batch = batches_.next();
      if (!batch) break;
      StepRecord record = train_step(*batch, epoch);
      record.seconds = steady_seconds() - start;
      keep(record, std::ssize(batch->labels));
    }
    if (has_ended()) return;
    const auto images = static_cast<double>(at_.images);
    measure(epoch, {at_.seen.loss / images, at_.seen.accuracy / images});
    at_.epochs = epoch;
    at_.seen = {};
    at_.images = 0;
  }

  // One update. The loss and the accuracy are those before it.
  StepRecord train_step(Batch& batch, Index epoch) {
    // Forward.
    tape_.clear();
    const Var logits = model_.forward(tape_.constant(std::move(batch.images)), Mode::training);
    const Var loss = smoothed_cross_entropy(logits, batch.labels, config_.train.label_smoothing);
    const StepRecord record{
        .step = at_.steps + 1,
        .epoch = epoch,
        .learning_rate = schedule_.learning_rate(at_.steps),
        .loss = static_cast<double>(loss.value().item()),
        .accuracy = static_cast<double>(count_correct(logits.value(), batch.labels)) /
                    static_cast<double>(batch.labels.size())};
    if (has_diverged(record) && !at_.divergence) {
      at_.divergence = {record.step, record.learning_rate, first_non_finite(tape_)};
    }
    // Backward and update.
    if (!stopped_by_divergence()) {
      if (loss.needs_gradient()) tape_.backward(loss);  // not with optimizer.train = []
      sgd_.step(record.learning_rate);
      lookahead_.after_step(record.step, total_steps_, model_.state(), slow_.state());
    }
    at_.steps = record.step;
    return record;
  }

  // After a step: its row, the sums of the epoch, the watcher, a checkpoint where one is due.
  void keep(const StepRecord& record, Index images) {
    folder_.add(record);
    at_.seen.loss += record.loss * static_cast<double>(images);
    at_.seen.accuracy += record.accuracy * static_cast<double>(images);
    at_.images += images;
    watcher_.on_step(record, images, total_steps_);
    const double unsaved = steady_seconds() - checkpoint_written_;
    if (unsaved >= config_.train.checkpoint_seconds && !stopped_by_divergence()) write_checkpoint();
    outcome_.interrupted = watcher_.wants_to_stop();
  }

  // Evaluates the model at the end of an epoch. `seen` is the mean over the epoch's own batches.
  void measure(Index epoch, Score seen) {
    recalibrate(model_, batches_, config_.batch_norm);
    const Index part = std::min<Index>(10'000, data_.train.size());  // of the training set
    EpochRecord record{
        .epoch = epoch,
        .step = at_.steps,
        .learning_rate = schedule_.learning_rate(std::max<Index>(0, at_.steps - 1)),
        .train = seen,
        .train_eval = evaluate(model_, data_.train, facts_.standardization, part),
        .test = evaluate(model_, data_.test, facts_.standardization, data_.test.size())};
    record.seconds = seconds();
    folder_.add(record);
    outcome_.last = record;
    if (epoch > 0) diagnose(epoch);
    // The last update of the epoch may have been too large.
    if (has_diverged(record) && !at_.divergence) {
      at_.divergence = {record.step, record.learning_rate, "the evaluation after this step"};
    }
    watcher_.on_epoch(record);
  }

  void diagnose(Index epoch) {
    if (!diagnostics_) return;
    const double rate = schedule_.learning_rate(std::max<Index>(0, at_.steps - 1));
    diagnostics_->measure(epoch, rate, model_, data_, facts_.standardization, config_);
  }

  bool has_ended() const { return stopped_by_divergence() || outcome_.interrupted; }
  bool stopped_by_divergence() const { return at_.divergence && config_.train.stop_on_divergence; }
  double seconds() const { return seconds_before_ + steady_seconds() - start_; }

  // ---- Files ----

  void write_model(const char* name) const {
    SafetensorsFile file = save_model(model_);
    file.metadata = save_data_facts(facts_);
    write_safetensors(folder_.path() / name, file);
  }

  void write_checkpoint() {
    at_.seconds = seconds();
    SafetensorsFile file = save_checkpoint(at_, model_, sgd_, slow_);
    file.metadata.merge(data_metadata());
    folder_.write_checkpoint(file);
    checkpoint_written_ = steady_seconds();
  }

  // Goes on from the last checkpoint; from the start where the run did not get so far.
  void resume() {
    try {
      const std::filesystem::path checkpoint = folder_.path() / "checkpoint.safetensors";
      if (std::filesystem::exists(checkpoint)) {
        SafetensorsFile file = read_safetensors(checkpoint);
        check_same_data(file, data_metadata());
        at_ = load_checkpoint(std::move(file), model_, sgd_, slow_.state());
      }
      seconds_before_ = at_.seconds;
      check_standing(at_, total_epochs_, total_steps_, batches_.batches_per_epoch());
      folder_.continue_after(at_.steps, at_.epochs);
      outcome_.last = RunFolder::last_epoch(folder_.path()).value_or(EpochRecord{});
    } catch (const Error& error) {
      // A disk that cannot be read is no reason to remove anything.
      const bool damaged = error.fault() == Fault::bad_input;
      throw Error(concat("[run] the run in ", folder_.path(), " cannot go on: ", error.what(),
                         damaged ? ". Remove this folder to start again" : ""),
                  error.fault());
    }
  }

  // What a checkpoint tells of the data. With standardization, a changed pixel changes the mean.
  std::map<std::string, std::string> data_metadata() const {
    auto metadata = save_data_facts(facts_);
    metadata["images"] = concat("[", data_.train.size(), ", ", data_.test.size(), "]");
    return metadata;
  }

  const Config& config_;
  const TrainTest& data_;
  const TrainWatcher& watcher_;

  Sequential model_;
  Sgd sgd_;
  DataFacts facts_;
  Batches batches_;
  Schedule schedule_;
  Index total_steps_, total_epochs_;
  Lookahead lookahead_;
  Sequential slow_;  // without lookahead it has no layers
  RunFolder folder_;
  std::optional<Diagnostics> diagnostics_;
  Tape tape_;
  Standing at_;
  TrainOutcome outcome_;
  double seconds_before_ = 0;  // of the processes that worked on this run before
  double start_ = steady_seconds(), checkpoint_written_ = start_;
};

}  // namespace

TrainOutcome train(const Config& config, const TrainTest& data, const std::filesystem::path& folder,
                   const TrainWatcher& watcher, Start start) {
  Sequential model = build_model(config, data.train.image_shape);
  check_classes(model, data.train.image_shape, data.train.classes());
  const bool is_new = !RunFolder::holds_run(folder);
  DataFacts facts{data.train.image_shape, data.train.class_names,
                  build_standardization(config, data.train)};
  start_from_images(model, config, data.train, facts.standardization);
  TrainingRun run(config, data, std::move(model), std::move(facts), folder, watcher, start);
  try {
    return run.train();
  } catch (...) {
    // Some faults only show in the first step: a batch of one before batch norm, too little memory.
    if (is_new && run.steps() == 0) run.discard();
    throw;
  }
}

}  // namespace minitape
