#include "minitape/experiment/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "minitape/ops/softmax_cross_entropy.hpp"

namespace minitape {
namespace {

constexpr Index kEvaluationBatch = 256;
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
      const std::filesystem::path& folder, const TrainWatcher& watcher)
      : config_(config),
        data_(data),
        watcher_(watcher),
        model_(std::move(model)),
        sgd_(model_.state().parameters, build_sgd_options(config)),
        standardization_(config.data.standardize
                             ? Standardization::of(data.train)
                             : Standardization::none(data.train.image_shape.channels())),
        batches_(data.train, standardization_, build_batch_options(config)),
        schedule_(build_schedule(config, batches_.batches_per_epoch())),
        total_steps_(total_steps(config, batches_.batches_per_epoch())),
        folder_(folder, config) {}

  TrainOutcome train() {
    try {
      folder_.write_initial(model_);
      if (config_.train.epochs == 0) measure(0, Score{kNaN, kNaN});
      for (Index epoch = 1; outcome_.steps < total_steps_ && !stopped(); ++epoch) {
        train_epoch(epoch);
      }
      if (!stopped()) folder_.write_model(model_);
    } catch (const Error& error) {
      // Some input is only found to be wrong by the first step: a batch of one before batch norm.
      if (outcome_.steps == 0 && error.fault() == Fault::bad_input) folder_.discard();
      throw;
    }
    outcome_.seconds = seconds_since(start_);
    return outcome_;
  }

 private:
  static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

  bool stopped() const { return outcome_.divergence && config_.train.stop_on_divergence; }

  void train_epoch(Index epoch) {
    Score seen;  // sums over the images of this epoch
    Index images = 0;
    batches_.start_epoch(epoch - 1);
    while (outcome_.steps < total_steps_ && !stopped()) {
      const auto step_start = Clock::now();
      std::optional<Batch> batch = batches_.next();
      if (!batch) break;
      const auto n = static_cast<Index>(batch->labels.size());
      StepRecord record = step(*batch, epoch);
      record.seconds = seconds_since(step_start);
      folder_.add(record);
      if (watcher_.on_step) watcher_.on_step(record, n, total_steps_);
      seen.loss += record.loss * static_cast<double>(n);
      seen.accuracy += record.accuracy * static_cast<double>(n);
      images += n;
    }
    if (stopped()) return;
    measure(epoch,
            {seen.loss / static_cast<double>(images), seen.accuracy / static_cast<double>(images)});
  }

  // One update. The loss and the accuracy are those before it.
  StepRecord step(Batch& batch, Index epoch) {
    StepRecord record{.step = outcome_.steps + 1,
                      .epoch = epoch,
                      .learning_rate = schedule_.learning_rate(outcome_.steps)};
    tape_.clear();
    const Var logits = model_.forward(tape_.constant(std::move(batch.images)), Mode::training);
    const Var loss = softmax_cross_entropy(logits, batch.labels);
    record.loss = static_cast<double>(loss.value().item());
    record.accuracy = static_cast<double>(count_correct(logits.value(), batch.labels)) /
                      static_cast<double>(batch.labels.size());
    outcome_.steps = record.step;
    if (has_diverged(record) && !outcome_.divergence) {
      outcome_.divergence = {record.step, record.learning_rate, first_non_finite(tape_)};
    }
    if (!stopped()) {
      tape_.backward(loss);
      sgd_.step(record.learning_rate);
    }
    return record;
  }

  void measure(Index epoch, Score seen) {
    const Index part = std::min(kTrainEvalImages, data_.train.size());
    EpochRecord record{
        .epoch = epoch,
        .step = outcome_.steps,
        .learning_rate = schedule_.learning_rate(std::max<Index>(0, outcome_.steps - 1)),
        .train = seen,
        .train_eval = evaluate(model_, data_.train, standardization_, part),
        .test = evaluate(model_, data_.test, standardization_, data_.test.size())};
    record.seconds = seconds_since(start_);
    folder_.add(record);
    outcome_.last = record;
    // The last update of the epoch may have been one too large.
    if (has_diverged(record) && !outcome_.divergence) {
      outcome_.divergence = {record.step, record.learning_rate, "the evaluation after this step"};
    }
    if (watcher_.on_epoch) watcher_.on_epoch(record);
  }

  const Config& config_;
  const TrainTest& data_;
  const TrainWatcher& watcher_;

  Sequential model_;
  Sgd sgd_;
  Standardization standardization_;
  Batches batches_;
  Schedule schedule_;
  Index total_steps_;
  RunFolder folder_;
  Tape tape_;
  Clock::time_point start_ = Clock::now();
  TrainOutcome outcome_;
};

}  // namespace

TrainOutcome train(const Config& config, const TrainTest& data, const std::filesystem::path& folder,
                   const TrainWatcher& watcher) {
  Sequential model = build_model(config, data.train.image_shape);
  check_classes(model, data.train.image_shape, data.train.classes());
  return Run(config, data, std::move(model), folder, watcher).train();
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
