// The batch norm layer equals PyTorch's: four batches in training, with the running statistics
// after each of them, then inference with what they have become.
//
// In the fixture one channel varies by less than 0.2, so that ε counts, one lies at about 5, and
// one gamma is negative. The batches have different means and spreads.

#include "minitape/nn/batch_norm.hpp"
#include "comparison.hpp"

namespace minitape {
namespace {

// Over 40 seeds the worst differences were 1.6e-6 and 3e-15, those of dgamma: a sum of terms of
// both signs loses some digits.
const double kTolerance = by_precision(5e-6, 2e-14);
const double kStatistics = by_precision(2e-6, 4e-15);  // fewer operations than y and its gradients

// PyTorch's momentum is the weight of the NEW value, and None means the plain average.
BatchNormOptions options_of(const Record& c) {
  BatchNormOptions options{.epsilon = c.number("epsilon")};
  if (c.has("momentum")) {
    options.ema_decay = 1 - c.number("momentum");
  } else {
    options.running = RunningStatistics::cumulative;
  }
  return options;
}

// "" when training on this batch, or inference, gives what PyTorch gives.
std::string wrong_batch(BatchNorm& layer, const Record& batch, Mode mode) {
  std::string text = wrong_layer(layer, batch, mode, kTolerance);
  for (const Buffer* buffer : layer.state().buffers) {
    text += differs(buffer->name, buffer->value, batch, kStatistics);
  }
  return text;
}

}  // namespace

TEST_CASE("batch norm equals PyTorch through four batches of training and in inference") {
  int cumulative = 0;
  for (const Record& c : Record::fixture("batch_norm").records("cases", 8)) {
    const Index channels = c.tensor("gamma").size();
    BatchNorm layer(channels, options_of(c));
    load_parameters(layer.state(), c);
    cumulative += layer.options().running == RunningStatistics::cumulative;
    CAPTURE(c.number("epsilon"));
    CAPTURE(layer.options().ema_decay);
    CHECK(c.tensor("gamma")[0] < 0);
    CHECK(c.tensor("gamma")[1] > 0);
    int number = 0;
    for (const Record& batch : c.records("training", 4)) {
      CAPTURE(++number);
      CHECK(wrong_batch(layer, batch, Mode::training) == "");
    }
    CHECK(wrong_batch(layer, c.record("inference"), Mode::inference) == "");
  }
  CHECK(cumulative == 2);
}

}  // namespace minitape
