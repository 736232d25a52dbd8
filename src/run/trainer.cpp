#include "minitape/run/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "minitape/ops/softmax_cross_entropy.hpp"

namespace minitape {
namespace {

constexpr Index kTrainEvalImages = 10'000;  // the fixed part of the training set that is evaluated

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool all_finite(const Tensor& tensor) {
  const auto values = tensor.values();
  return std::all_of(values.begin(), values.end(), [](Real v) { return std::isfinite(v); });
}

// The first value on the tape that is not finite. Nodes stand in the order of computation, so this
// is where the trouble began, not where it was noticed.
std::string first_non_finite(const Tape& tape) {
  for (const Tape::Node& node : tape.nodes()) {
    if (node.current_value().empty() || all_finite(node.current_value())) continue;
    if (node.parameter) return "parameter " + node.parameter->name;
    return node.layer.empty() ? node.operation
                              : concat("layer ", node.layer, " (", node.operation, ")");
  }
  return "the loss";
}

// Everything that one run works with.
class Run {
 public:
  Run(const Config& config, const TrainTest& data, Sequential model,
      const std::filesystem::path& folder, const TrainWatcher& watcher, Start start)
      : config_(config),
        data_(data),
        watcher_(watcher),
        model_(std::move(model)),
        sgd_(model_.state().parameters, build_sgd_options(config)),
        facts_{data.train.image_shape, data.train.class_names,
               build_standardization(config, data.train)},
        batches_(data.train, facts_.standardization, build_batch_options(config)),
        schedule_(build_schedule(config, batches_.batches_per_epoch())),
        total_steps_(total_steps(config, batches_.batches_per_epoch())),
        total_epochs_((total_steps_ + batches_.batches_per_epoch() - 1) /
                      batches_.batches_per_epoch()),
        folder_(folder, config, start) {
    if (start == Start::resume) resume();
  }

  TrainOutcome train() {
    if (at_.steps == 0) folder_.write_initial(saved_model());
    if (total_epochs_ == 0) measure(0, Score{kNaN, kNaN});
    while (at_.epochs < total_epochs_ && !stopped() && !outcome_.interrupted) train_epoch();

    if (!stopped()) write_checkpoint();
    if (!stopped() && !outcome_.interrupted) folder_.write_model(saved_model());
    outcome_.steps = at_.steps;
    outcome_.divergence = at_.divergence;
    outcome_.seconds = seconds();
    return outcome_;
  }

  Index steps() const { return at_.steps; }
  void discard() const { folder_.discard(); }

 private:
  static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

  bool stopped() const { return at_.divergence && config_.train.stop_on_divergence; }

  // ---- Epochs and steps ----

  // From where the run stands to the end of the epoch, or to where it is stopped.
  void train_epoch() {
    const Index epoch = at_.epochs + 1;
    batches_.start_epoch(epoch - 1, at_.steps - at_.epochs * batches_.batches_per_epoch());
    while (at_.steps < total_steps_ && !stopped()) {
      if (wants_to_stop()) return;
      const auto step_start = Clock::now();
      std::optional<Batch> batch = batches_.next();
      if (!batch) break;
      const auto n = static_cast<Index>(batch->labels.size());
      StepRecord record = step(*batch, epoch);
      record.seconds = seconds_since(step_start);
      folder_.add(record);
      at_.seen.loss += record.loss * static_cast<double>(n);
      at_.seen.accuracy += record.accuracy * static_cast<double>(n);
      at_.images += n;
      if (watcher_.on_step) watcher_.on_step(record, n, total_steps_);
      if (!stopped() && checkpoint_is_due()) write_checkpoint();
    }
    if (stopped() || wants_to_stop()) return;
    const auto images = static_cast<double>(at_.images);
    measure(epoch, {at_.seen.loss / images, at_.seen.accuracy / images});
    at_.epochs = epoch;
    at_.seen = {};
    at_.images = 0;
  }

  // One update. The loss and the accuracy are those before it.
  StepRecord step(Batch& batch, Index epoch) {
    StepRecord record{
        .step = at_.steps + 1, .epoch = epoch, .learning_rate = schedule_.learning_rate(at_.steps)};
    tape_.clear();
    const Var logits = model_.forward(tape_.constant(std::move(batch.images)), Mode::training);
    const Var loss = softmax_cross_entropy(logits, batch.labels);
    record.loss = static_cast<double>(loss.value().item());
    record.accuracy = static_cast<double>(count_correct(logits.value(), batch.labels)) /
                      static_cast<double>(batch.labels.size());
    if (has_diverged(record) && !at_.divergence) {
      at_.divergence = {record.step, record.learning_rate, first_non_finite(tape_)};
    }
    if (!stopped()) {
      tape_.backward(loss);
      sgd_.step(record.learning_rate);
    }
    at_.steps = record.step;
    return record;
  }

  void measure(Index epoch, Score seen) {
    const Index part = std::min(kTrainEvalImages, data_.train.size());
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
    // The last update of the epoch may have been one too large.
    if (has_diverged(record) && !at_.divergence) {
      at_.divergence = {record.step, record.learning_rate, "the evaluation after this step"};
    }
    if (watcher_.on_epoch) watcher_.on_epoch(record);
  }

  // ---- Stopping and going on ----

  // Once asked, the answer stays.
  bool wants_to_stop() {
    if (watcher_.wants_to_stop && watcher_.wants_to_stop()) outcome_.interrupted = true;
    return outcome_.interrupted;
  }

  bool checkpoint_is_due() const {
    return seconds_since(checkpoint_written_) >= config_.train.checkpoint_seconds;
  }

  void write_checkpoint() {
    at_.seconds = seconds();
    SafetensorsFile file = save_checkpoint(at_, model_, sgd_);
    file.metadata.merge(data_metadata());
    folder_.write_checkpoint(file);
    checkpoint_written_ = Clock::now();
  }

  void resume() {
    try {
      if (const auto file = folder_.read_checkpoint()) {
        check_same_data(*file);
        at_ = load_checkpoint(*file, model_, sgd_);
      }
      seconds_before_ = at_.seconds;
      check_standing();
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

  // What is known of the images. Where they are standardized, a changed pixel shows in the mean.
  std::map<std::string, std::string> data_metadata() const {
    auto metadata = save_data_facts(facts_);
    metadata["images"] = concat("[", data_.train.size(), ", ", data_.test.size(), "]");
    return metadata;
  }

  void check_same_data(const SafetensorsFile& file) const {
    for (const auto& [key, now] : data_metadata()) {
      const auto before = file.metadata.find(key);
      MINITAPE_CHECK(before != file.metadata.end() && before->second == now,
                     "[checkpoint] the data must be those that the run began with: ", key, " was ",
                     before == file.metadata.end() ? "not saved" : before->second, " and is ", now);
    }
  }

  void check_standing() const {
    const Index done = at_.steps - at_.epochs * batches_.batches_per_epoch();
    const bool at_the_end = at_.epochs == total_epochs_ && at_.steps == total_steps_;
    const bool on_the_way = at_.epochs < total_epochs_ && at_.steps <= total_steps_ && done >= 0 &&
                            done <= batches_.batches_per_epoch();
    MINITAPE_CHECK(at_the_end || on_the_way, "[checkpoint] must be of this run of ", total_epochs_,
                   " epochs and ", total_steps_, " steps: it stands at step ", at_.steps, " after ",
                   at_.epochs, " epochs");
  }

  SafetensorsFile saved_model() const {
    SafetensorsFile file = save_model(model_);
    file.metadata = save_data_facts(facts_);
    return file;
  }

  double seconds() const { return seconds_before_ + seconds_since(start_); }

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
  Clock::time_point start_ = Clock::now(), checkpoint_written_ = start_;
  double seconds_before_ = 0;  // of the processes before this one
  Standing at_;
  TrainOutcome outcome_;
};

}  // namespace

TrainOutcome train(const Config& config, const TrainTest& data, const std::filesystem::path& folder,
                   const TrainWatcher& watcher, Start start) {
  Sequential model = build_model(config, data.train.image_shape);
  check_classes(model, data.train.image_shape, data.train.classes());
  const bool is_new = !RunFolder::holds_run(folder);
  Run run(config, data, std::move(model), folder, watcher, start);
  try {
    return run.train();
  } catch (...) {
    // Some faults only show in the first step: a batch of one before batch norm, too little memory.
    if (is_new && run.steps() == 0) run.discard();
    throw;
  }
}

Score evaluate(const Sequential& model, const Dataset& dataset,
               const Standardization& standardization, Index count) {
  Score sum;
  for (Index first = 0; first < count; first += kEvaluationBatch) {
    const Index n = std::min(kEvaluationBatch, count - first);
    Batch batch = make_batch(dataset, standardization, first, n);
    const Tensor logits = model.predict(std::move(batch.images));  // [n, classes]
    sum.loss += static_cast<double>(softmax_cross_entropy(logits, batch.labels).item()) *
                static_cast<double>(n);
    sum.accuracy += static_cast<double>(count_correct(logits, batch.labels));
  }
  return {sum.loss / static_cast<double>(count), sum.accuracy / static_cast<double>(count)};
}

}  // namespace minitape
