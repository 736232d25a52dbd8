// Twenty steps of training equal PyTorch's: the loss of every step, then all weights, the running
// statistics and the outputs in inference.
//
// A mistake of one part in a thousand, in any operation, its gradient or the optimizer, is far
// above what rounding adds up to here. In the fixtures no value comes closer than 10⁻⁴ to the
// corner of a relu or to a tie in a max pool: rounding cannot send a gradient another way. And no
// channel's variance falls below 0.02: batch norm cannot stretch rounding errors by more than 7.

#include <set>

#include "comparison.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/optim/sgd.hpp"

namespace minitape {
namespace {

// Over 40 seeds the worst difference of a loss was 2.4e-6 in float and 4e-15 in double. PyTorch's
// own float32 run was off by up to 1e-6. Tensors of three numbers, which may all be small, were off
// by up to 1e-5 and 2e-14 of their largest.
const double kLosses = by_precision(1e-5, 5e-14);
const double kFinal = by_precision(5e-5, 2e-13);

// Batch norm before the activation; no bias in front of it.
Sequential conv_network() {
  const KernelOptions no_bias{.bias = false};
  Sequential model;  // (6, 5, 2)
  model.add<Conv2D>(2, 3, 3, Conv2DOptions{.padding = Padding::same()}, no_bias);
  model.add<BatchNorm>(3);
  model.add<Activation>(Activation::relu);
  model.add<Pool>(Pool::max, PoolOptions{.size = 2});  // (3, 2, 3)
  model.add<Conv2D>(3, 4, 3, Conv2DOptions{.stride = 2, .padding = Padding::same()}, no_bias);
  model.add<BatchNorm>(4);
  model.add<Activation>(Activation::relu);
  model.add<Flatten>();  // (2, 1, 4) -> (8)
  model.add<Dense>(8, 5, no_bias);
  model.add<BatchNorm>(5);
  model.add<Activation>(Activation::relu);
  model.add<Dense>(5, 4);
  return model;
}

// Batch norm after the activation, with other settings; an even kernel; biases everywhere.
Sequential residual_network() {
  const BatchNormOptions norm{.epsilon = 1e-2, .ema_decay = 0.7};
  const Conv2DOptions same{.padding = Padding::same()};
  Sequential body;  // (3, 3, 3)
  body.add<Conv2D>(3, 4, 2, same);
  body.add<Activation>(Activation::relu);
  body.add<BatchNorm>(4);
  body.add<Conv2D>(4, 3, 3, same);
  Sequential model;  // (6, 5, 2)
  model.add<Conv2D>(2, 3, 3, Conv2DOptions{.stride = 2, .padding = Padding::same()});
  model.add<Activation>(Activation::relu);
  model.add<BatchNorm>(3, norm);
  model.add<Residual>(std::move(body));
  model.add<Activation>(Activation::relu);
  model.add<BatchNorm>(3, norm);
  model.add<GlobalAvgPool>();
  model.add<Dense>(3, 4);
  return model;
}

// The names of everything that the model keeps: the fixture must have these and no others.
std::set<std::string> state_names(const LayerState& state) {
  std::set<std::string> names;
  for (const Parameter* parameter : state.parameters) names.insert(parameter->name);
  for (const Buffer* buffer : state.buffers) names.insert(buffer->name);
  return names;
}

std::set<std::string> names_in(const Record& record) {
  const std::vector<std::string> keys = record.keys();
  return {keys.begin(), keys.end()};
}

// The loss of each step, before its update.
std::vector<double> train(Sequential& model, const Record& settings) {
  Sgd sgd(model.state().parameters, {.momentum = settings.number("momentum"),
                                     .nesterov = settings.flag("nesterov"),
                                     .weight_decay = settings.number("weight_decay")});
  const std::vector<Record> batches = settings.records("batches", 3);
  std::vector<double> losses;
  for (std::size_t step = 0; step < 20; ++step) {
    const Record& batch = batches[step % batches.size()];
    Tape tape;
    const Var logits = model.forward(tape.constant(batch.tensor("x")), Mode::training);
    const Var loss = softmax_cross_entropy(logits, batch.labels("labels"));
    losses.push_back(double{loss.value().item()});
    tape.backward(loss);
    sgd.step(settings.number("learning_rate"));
  }
  return losses;
}

void check_trajectory(Sequential model, const std::string& name) {
  const Record fixture = Record::fixture(name);
  CHECK(fixture.number("kink_margin") >= 1e-4);
  CHECK(fixture.number("smallest_variance") >= 0.02);
  model.initialize(1);
  const LayerState state = model.state();
  const Record start = fixture.record("start"), final = fixture.record("final");
  CHECK(names_in(start) == state_names(state));
  CHECK(names_in(final) == state_names(state));
  load_parameters(state, start);
  for (Buffer* buffer : state.buffers) {
    CHECK(differs(buffer->name, buffer->value, start, 0) ==
          "");  // both start at mean 0, variance 1
  }

  const std::vector<double> losses = train(model, fixture);
  const std::vector<double> expected = fixture.doubles("losses");
  REQUIRE(losses.size() == expected.size());
  for (std::size_t step = 0; step < losses.size(); ++step) {
    CAPTURE(step);
    CHECK(std::abs(losses[step] - expected[step]) <= kLosses * expected[step]);
  }
  for (const Parameter* p : state.parameters) {
    CHECK(differs(p->name, p->value, final, kFinal) == "");
  }
  for (const Buffer* buffer : state.buffers) {
    CHECK(differs(buffer->name, buffer->value, final, kFinal) == "");
  }
  const Tensor x = fixture.records("batches", 3)[0].tensor("x");
  CHECK(differs("outputs", model.predict(x), fixture, kFinal) == "");
}

}  // namespace

TEST_CASE("20 steps with batch norm before the activation, momentum and weight decay") {
  check_trajectory(conv_network(), "trajectory_conv");
}

TEST_CASE("20 steps with a residual block, batch norm after the activation, and Nesterov") {
  check_trajectory(residual_network(), "trajectory_residual");
}

}  // namespace minitape
