// Identities of the running statistics (17) and of inference with them (18).

#include "identities/pass.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "nn/layer_testing.hpp"

namespace minitape {
namespace {

constexpr int kBatches = 6;

// Batch number k = 1, 2, …, each with a mean and a spread of its own.
Tensor batch(int k) { return random_tensor(concat("batch", k), {7, 3}, 5 - 2 * k, 3 + k); }

// The running mean and the running variance after all batches.
std::vector<Tensor> running_after_all(BatchNorm& layer) {
  for (int k = 1; k <= kBatches; ++k) {
    Tape tape;
    layer.forward(tape.constant(batch(k)), Mode::training);
  }
  const LayerState state = layer.state();
  return {state.buffers[0]->value, state.buffers[1]->value};
}

// What batch k hands to the running statistics: its mean and its unbiased variance.
BatchStatistics unbiased_moments(int k) {
  BatchStatistics m = batch_statistics(batch(k));
  for (Real& v : m.variance.values()) v *= 7.0 / 6;
  return m;
}

}  // namespace

TEST_SUITE_BEGIN("identities");

TEST_CASE("17: the moving average is Σ (1−d)·d^(t−k)·batch_k + d^t·start, in closed form") {
  for (const double d : {0.9, 0.5}) {
    BatchNorm layer(3, {.ema_decay = d});
    const std::vector<Tensor> running = running_after_all(layer);
    Tensor mean = Tensor::zeros({3}), variance = Tensor::full({3}, std::pow(d, kBatches));
    for (int k = 1; k <= kBatches; ++k) {
      const double weight = (1 - d) * std::pow(d, kBatches - k);
      const BatchStatistics m = unbiased_moments(k);
      for (Index c = 0; c < 3; ++c) {
        mean[c] += weight * m.mean[c];
        variance[c] += weight * m.variance[c];
      }
    }
    CHECK(mismatch(running[0], mean, kExact) == "");
    CHECK(mismatch(running[1], variance, kExact) == "");

    // Without the start's share d^t·(0, 1), and the rest scaled to weight 1: the debiased average.
    BatchNorm debiased(3, {.ema_decay = d, .running = RunningStatistics::debiased_ema});
    const std::vector<Tensor> actual = running_after_all(debiased);
    const double share = std::pow(d, kBatches);
    for (Index c = 0; c < 3; ++c) {
      mean[c] /= 1 - share;
      variance[c] = (variance[c] - share) / (1 - share);
    }
    CHECK(mismatch(actual[0], mean, kExact) == "");
    CHECK(mismatch(actual[1], variance, kExact) == "");
  }
}

TEST_CASE("17: ema_decay 0.9 is PyTorch's momentum 0.1 and Keras' momentum 0.9") {
  BatchNorm layer(3, {.ema_decay = 0.9});
  const std::vector<Tensor> running = running_after_all(layer);
  Tensor pytorch = Tensor::zeros({3}), keras = Tensor::zeros({3});
  for (int k = 1; k <= kBatches; ++k) {
    const Tensor mean = batch_statistics(batch(k)).mean;
    for (Index c = 0; c < 3; ++c) {
      pytorch[c] = (1 - 0.1) * pytorch[c] + 0.1 * mean[c];  // momentum: weight of the new value
      keras[c] = 0.9 * keras[c] + (1 - 0.9) * mean[c];      // momentum: weight of the old value
    }
  }
  CHECK(mismatch(running[0], pytorch, kExact) == "");
  CHECK(mismatch(running[0], keras, kExact) == "");
}

TEST_CASE("17: inference changes no state, and twice the same input gives the same bits") {
  for (const Shape& shape : {Shape{7, 3}, Shape{3, 5, 4, 3}}) {
    BatchNorm layer(3);
    running_after_all(layer);
    const Tensor x = random_tensor("x", shape, 5, 3);
    const Tensor first = layer.predict(x);
    CHECK(inference_differs(layer, x) == "");  // predict and forward agree, and nothing has changed
    CHECK(different_bits(layer.predict(x), first) == "");
    CHECK(mismatch(first, x, 0.1) != "");
  }
}

TEST_CASE(
    "18: batch norm folds into the layer before it: W·gamma/s and beta + (b − mean)·gamma/s") {
  // In inference the mean and s = √(variance + ε) are constants, so two layers become one.
  const double epsilon = 1e-2;
  BatchNorm norm(3, {.epsilon = epsilon});
  randomize(norm);
  const LayerState s = norm.state();
  const Tensor &gamma = s.parameters[0]->value, &beta = s.parameters[1]->value;
  const Tensor &mean = s.buffers[0]->value, &variance = s.buffers[1]->value;

  Dense dense_layer(5, 3);
  Conv2D conv_layer(2, 3, 3, {2, Padding::same()});
  for (Layer* layer : {static_cast<Layer*>(&dense_layer), static_cast<Layer*>(&conv_layer)}) {
    randomize(*layer);
    const Tensor x = random_tensor("x", layer == &dense_layer ? Shape{7, 5} : Shape{3, 5, 4, 2});
    const Tensor expected = norm.predict(layer->predict(x));
    Tensor& kernel = layer->state().parameters[0]->value;  // [..., 3]
    Tensor& bias = layer->state().parameters[1]->value;    // [3]
    for (Index c = 0; c < 3; ++c) {
      const double factor = gamma[c] / std::sqrt(variance[c] + epsilon);
      for (Index i = c; i < kernel.size(); i += 3) kernel[i] *= factor;
      bias[c] = beta[c] + (bias[c] - mean[c]) * factor;
    }
    CHECK(mismatch(layer->predict(x), expected, kExact) == "");
    CHECK(mismatch(norm.predict(layer->predict(x)), expected, 0.1) != "");
  }
}

TEST_SUITE_END();

}  // namespace minitape
