#include "minitape/nn/batch_norm.hpp"

#include "layer_testing.hpp"
#include "minitape/ops/arithmetic.hpp"

namespace minitape {
namespace {

// The two batches of all examples by hand: one channel with the values
//   (1, 3): mean 2, variance 1 biased, 2 unbiased;   (4, 8): mean 6, variance 4 biased, 8 unbiased
const std::vector<Tensor>& batches() {
  static const std::vector<Tensor> both{Tensor({2, 1}, {1, 3}), Tensor({2, 1}, {4, 8})};
  return both;
}

struct Running {
  double mean, variance;
};

// The running statistics after each batch.
std::vector<Running> running_after(BatchNormOptions options) {
  BatchNorm layer(1, options);
  std::vector<Running> result;
  for (const Tensor& batch : batches()) {
    Tape tape;
    layer.forward(tape.constant(batch), Mode::training);
    const std::vector<Buffer*> buffers = layer.state().buffers;
    result.push_back({double{buffers[0]->value[0]}, double{buffers[1]->value[0]}});
  }
  return result;
}

std::string unlike(const std::vector<Running>& actual, const std::vector<Running>& expected) {
  for (std::size_t t = 0; t < expected.size(); ++t) {
    if (!(std::abs(actual[t].mean - expected[t].mean) < 1e-6 &&
          std::abs(actual[t].variance - expected[t].variance) < 1e-6)) {
      return concat("after batch ", t + 1, ": mean ", actual[t].mean, ", variance ",
                    actual[t].variance, ", expected ", expected[t].mean, " and ",
                    expected[t].variance);
    }
  }
  return "";
}

}  // namespace

// ---- Running statistics by hand ----

TEST_CASE("the moving average starts at mean 0, variance 1 and keeps ema_decay of the old value") {
  // mean: 0 + (2 − 0)/4 = 1/2, 1/2 + (6 − 1/2)/4 = 15/8
  // variance: 1 + (2 − 1)/4 = 5/4, 5/4 + (8 − 5/4)/4 = 47/16
  CHECK(unlike(running_after({.ema_decay = 0.75}), {{0.5, 1.25}, {1.875, 2.9375}}) == "");
}

TEST_CASE("by default nine tenths of the old value are kept") {
  // mean: 0.2, then 0.2 + 0.1·5.8;  variance: 1.1, then 1.1 + 0.1·6.9
  CHECK(unlike(running_after({}), {{0.2, 1.1}, {0.78, 1.79}}) == "");
}

TEST_CASE("the biased variance is stored when asked for") {
  // variance: 1 + (1 − 1)/4 = 1, 1 + (4 − 1)/4 = 7/4
  CHECK(unlike(running_after({.ema_decay = 0.75, .unbiased_running_variance = false}),
               {{0.5, 1}, {1.875, 1.75}}) == "");
}

TEST_CASE("the debiased moving average takes the first batch whole") {
  // decay 1/2: weights (1/2)/(1 − 1/2) = 1, then (1/2)/(1 − 1/4) = 2/3
  // mean: 2, 2 + 2/3·4 = 14/3;  variance: 2, 2 + 2/3·6 = 6
  CHECK(unlike(running_after({.ema_decay = 0.5, .running = RunningStatistics::debiased_ema}),
               {{2, 2}, {14.0 / 3, 6}}) == "");
}

TEST_CASE("the cumulative average weighs all batches alike") {
  // mean: 2, (2 + 6)/2;  variance: 2, (2 + 8)/2;  biased: 1, (1 + 4)/2
  const BatchNormOptions options{.running = RunningStatistics::cumulative};
  CHECK(unlike(running_after(options), {{2, 2}, {4, 5}}) == "");
  CHECK(unlike(running_after(
                   {.running = RunningStatistics::cumulative, .unbiased_running_variance = false}),
               {{2, 1}, {4, 2.5}}) == "");
}

TEST_CASE("a decay of 1 never leaves the start, a decay of 0 keeps the last batch alone") {
  CHECK(unlike(running_after({.ema_decay = 1}), {{0, 1}, {0, 1}}) == "");
  CHECK(unlike(running_after({.ema_decay = 0}), {{2, 2}, {6, 8}}) == "");
  // Debiased, 0/0 must not arise.
  CHECK(unlike(running_after({.ema_decay = 1, .running = RunningStatistics::debiased_ema}),
               {{0, 1}, {0, 1}}) == "");
  CHECK(unlike(running_after({.ema_decay = 0, .running = RunningStatistics::debiased_ema}),
               {{2, 2}, {6, 8}}) == "");
}

TEST_CASE("after a convolution the unbiased variance counts pixels, not images") {
  // m = 1·2·2 = 4 values 0, 2, 4, 6: mean 3, biased 5, unbiased 5·4/3
  BatchNorm layer(1, {.ema_decay = 0});
  Tape tape;
  layer.forward(tape.constant(Tensor({1, 2, 2, 1}, {0, 2, 4, 6})), Mode::training);
  CHECK(double{layer.state().buffers[1]->value[0]} == doctest::Approx(20.0 / 3));
}

// ---- The two modes ----

TEST_CASE("in training the batch's own statistics normalize, biased variance inside the root") {
  // (1, 3) with ε = 3: ±1/√(1 + 3), whatever the running statistics are.
  BatchNorm layer(1, {.epsilon = 3});
  layer.state().buffers[0]->value.fill(100);
  Tape tape;
  const Var y = layer.forward(tape.constant(batches()[0]), Mode::training);
  CHECK(mismatch(y.value(), Tensor({2, 1}, {-0.5, 0.5})) == "");
}

TEST_CASE("in inference the running statistics normalize") {
  // running mean 1 and variance 6, ε = 3: (x − 1) / 3, times gamma 6 and plus beta 10
  BatchNorm layer(1, {.epsilon = 3});
  const LayerState state = layer.state();
  state.parameters[0]->value.fill(6);
  state.parameters[1]->value.fill(10);
  state.buffers[0]->value.fill(1);
  state.buffers[1]->value.fill(6);
  CHECK(mismatch(layer.predict(batches()[0]), Tensor({2, 1}, {10, 14})) == "");
  CHECK(inference_differs(layer, batches()[0]) == "");
}

TEST_CASE("inference takes a single example, and gives the same row alone and in a batch") {
  BatchNorm layer(3);
  randomize(layer);
  const Tensor x = random_tensor("x", {5, 3}), y = layer.predict(x);
  const Tensor row({1, 3}, {x[6], x[7], x[8]}), expected({1, 3}, {y[6], y[7], y[8]});
  CHECK(different_bits(layer.predict(row), expected) == "");
}

TEST_CASE("gradients, shapes and inference of batch norm layers") {
  for (const Shape& example : {Shape{3}, Shape{5, 4, 3}}) {
    BatchNorm layer(3);
    randomize(layer);
    const Tensor x = random_tensor("x", example.with_batch(7), 5, 3);
    CAPTURE(example);
    CHECK(shape_differs(layer, example) == "");
    CHECK(inference_differs(layer, x) == "");
    if (sizeof(Real) == sizeof(float)) continue;
    CHECK(wrong_gradients(layer, x, Mode::training) == "");
    CHECK(wrong_gradients(layer, x, Mode::inference) == "");
  }
}

// ---- State ----

TEST_CASE("gamma and beta are trained, the running statistics are only kept") {
  BatchNorm layer(4);
  const LayerState state = layer.state();
  CHECK(layer.type() == "batch_norm");
  CHECK(state.parameters.size() == 2);
  CHECK(state.parameters[0]->name == "gamma");
  CHECK(state.parameters[0]->role == Role::gamma);
  CHECK(state.parameters[1]->name == "beta");
  CHECK(state.parameters[1]->role == Role::beta);
  CHECK(state.buffers.size() == 2);
  CHECK(state.buffers[0]->name == "running_mean");
  CHECK(state.buffers[1]->name == "running_variance");
  CHECK(state.counters.size() == 1);
  CHECK(state.counters[0]->name == "updates");
  for (const Tensor& value : {state.parameters[0]->value, state.buffers[1]->value}) {
    CHECK(different_bits(value, Tensor::full({4}, 1)) == "");
  }
  for (const Tensor& value : {state.parameters[1]->value, state.buffers[0]->value}) {
    CHECK(different_bits(value, Tensor::zeros({4})) == "");
  }
}

TEST_CASE("updates counts the batches of training, and initialize sets everything back") {
  BatchNorm layer(1);
  const std::vector<Tensor> start = snapshot(layer);
  for (const Tensor& batch : batches()) {
    Tape tape;
    layer.forward(tape.constant(batch), Mode::training);
    layer.forward(tape.constant(batch), Mode::inference);
  }
  CHECK(layer.state().counters[0]->value == 2);
  randomize(layer);
  layer.initialize(7);
  const std::vector<Tensor> again = snapshot(layer);
  for (std::size_t i = 0; i < start.size(); ++i) CHECK(different_bits(again[i], start[i]) == "");
}

TEST_CASE("training continues from a restored state as if it had never stopped") {
  const BatchNormOptions options{.running = RunningStatistics::debiased_ema};
  BatchNorm straight(1, options), first(1, options), second(1, options);
  const auto train = [](BatchNorm& layer, const Tensor& batch) {
    Tape tape;
    layer.forward(tape.constant(batch), Mode::training);
  };
  for (const Tensor& batch : batches()) train(straight, batch);
  train(first, batches()[0]);
  const LayerState from = first.state(), to = second.state();
  for (std::size_t i = 0; i < 2; ++i) to.buffers[i]->value = from.buffers[i]->value;
  to.counters[0]->value = from.counters[0]->value;
  train(second, batches()[1]);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(different_bits(to.buffers[i]->value, straight.state().buffers[i]->value) == "");
  }
}

// ---- Errors ----

TEST_CASE("a batch norm layer says what it takes") {
  const BatchNorm layer(16);
  CHECK(error_lacks({"[batch_norm] takes examples with 16 channels: the layer before gives (28, "
                     "28, 8)"},
                    [&] {
                      layer.output_shape({28, 28, 8});
                    }) == "");
  CHECK(error_lacks({"[batch_norm] needs at least one channel: got 0"}, [] { BatchNorm(0); }) ==
        "");
}

TEST_CASE("options that make no sense are refused") {
  const std::string_view rule = "[batch_norm] epsilon must be positive and ema_decay in [0, 1]";
  const auto make = [](BatchNormOptions options) { return [options] { BatchNorm(1, options); }; };
  CHECK(error_lacks({rule, "got 0 and 0.9"}, make({.epsilon = 0})) == "");
  CHECK(error_lacks({rule, "got -1 and 0.9"}, make({.epsilon = -1})) == "");
  CHECK(error_lacks({rule, "and 1.1"}, make({.ema_decay = 1.1})) == "");
  CHECK(error_lacks({rule, "and -0.1"}, make({.ema_decay = -0.1})) == "");
}

TEST_CASE("a batch of one cannot train, and leaves the running statistics alone") {
  BatchNorm layer(3);
  const std::vector<Tensor> before = snapshot(layer);
  Tape tape;
  CHECK(error_lacks({"[batch_norm] training needs more than one value per channel", "(1, 3)"}, [&] {
          layer.forward(tape.constant(Tensor::zeros({1, 3})), Mode::training);
        }) == "");
  const std::vector<Tensor> after = snapshot(layer);
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(different_bits(after[i], before[i]) == "");
}

}  // namespace minitape
