// Text 3, Lei Mao: one sample, running statistics and their momentum, batch norm after convolutions
// (3.4 … 3.10, 3.15 … 3.17).

#include "ledger/ledger.hpp"
#include "ledger/training.hpp"
#include "nn/layer_testing.hpp"

namespace minitape {
namespace {

// A layer whose running statistics have seen the batches (3, 7), of mean 5 and variance 4.
BatchNorm after_batches(int count, const BatchNormOptions& options) {
  BatchNorm layer(1, options);
  for (int t = 0; t < count; ++t) {
    Tape tape;
    layer.forward(tape.constant(numbers({2, 1}, {3, 7})), Mode::training);
  }
  return layer;
}
double running_mean(BatchNorm& layer) { return layer.state().buffers[0]->value[0]; }
double running_variance(BatchNorm& layer) { return layer.state().buffers[1]->value[0]; }

// What is left of the initial mean 0 after `count` batches of mean 5.
double leftover(double ema_decay, int count) {
  BatchNorm layer = after_batches(count, {.ema_decay = ema_decay});
  return 1 - running_mean(layer) / 5;
}

// The batches after which at most half of the initial mean is left.
int half_life(double ema_decay) {
  BatchNorm layer = after_batches(0, {.ema_decay = ema_decay});
  int count = 0;
  while (running_mean(layer) < 2.5) {
    Tape tape;
    layer.forward(tape.constant(numbers({2, 1}, {3, 7})), Mode::training);
    ++count;
  }
  return count;
}

// The image two pixels further to the right; what leaves on one side enters on the other.
Tensor shifted(const Tensor& x) {
  const Index width = x.shape()[2], channels = x.channels();
  Tensor y = x;
  for (Index i = 0; i < x.size(); ++i) {
    const Index column = i / channels % width;
    y[i + ((column + 2) % width - column) * channels] = x[i];
  }
  return y;
}

}  // namespace

TEST_SUITE_BEGIN("ledger");

TEST_CASE("3.4: one sample in training mode gives exactly beta, so the library refuses it") {
  const auto one_row = [] {
    Tape tape;
    BatchNorm layer(3);
    layer.forward(tape.constant(random_tensor("x", {1, 3})), Mode::training);
  };
  CHECK(error_lacks({"more than one value per channel", "every output is beta"}, one_row) == "");
  // Four copies of a row have the same deviations as the row alone: none. (Four equal numbers add
  // up without rounding.)
  for (const double offset : {0.0, 100.0}) {
    const Tensor row = random_tensor("x", {1, 3}, offset);
    Tensor copies = Tensor::uninitialized({4, 3}), betas = copies;
    const Tensor gamma = gamma_of(3), beta = beta_of(3);
    for (Index i = 0; i < 12; ++i) {
      copies[i] = row[i % 3];
      betas[i] = beta[i % 3];
    }
    CHECK(different_bits(normalized(copies, gamma, beta, 1e-5), betas) == "");
    CHECK(std::abs(beta[0]) > 0.1);  // and beta is 0 only at the start
  }
}

TEST_CASE("3.4: after a convolution one image is not zero: it is normalized by itself") {
  const Tensor x = random_tensor("x", {1, 4, 5, 2}, 3, 2);
  const Tensor y = normalized(x, 1e-5);
  for (Index i = 0; i < x.size(); ++i) {
    const auto [mean, variance] = exact_moments(x, i % 2);  // over H·W: instance norm
    CHECK(std::abs(y[i] - (x[i] - mean) / std::sqrt(variance + 1e-5)) < kExact);
  }
  CHECK(exact_moments(y, 0).second == about(1, 1e-4));
}

TEST_CASE("3.5: training changes the running statistics, inference does not") {
  BatchNorm layer(3);
  const std::vector<Tensor> start = snapshot(layer);
  const auto changed = [&](Mode mode) {
    Tape tape;
    layer.forward(tape.constant(random_tensor("x", {8, 3}, 2)), mode);
    return different_bits(snapshot(layer)[2], start[2]) != "" &&
           different_bits(snapshot(layer)[3], start[3]) != "";
  };
  CHECK(!changed(Mode::inference));
  CHECK(changed(Mode::training));
  CHECK(inference_differs(layer, random_tensor("x", {8, 3})) == "");
}

TEST_CASE("3.6: the running mean is d^T times its start plus (1 - d) sum of d^(T - t) mean_t") {
  const double d = 0.9;
  const int steps = 20;
  BatchNorm layer(2, {.ema_decay = d});
  randomize(layer);
  double expected[2];
  for (Index c = 0; c < 2; ++c) {
    expected[c] = std::pow(d, steps) * layer.state().buffers[0]->value[c];
  }
  for (int t = 1; t <= steps; ++t) {
    const Tensor x = random_tensor(concat("batch ", t), {6, 2}, t);
    for (Index c = 0; c < 2; ++c) {
      expected[c] += (1 - d) * std::pow(d, steps - t) * exact_moments(x, c).first;
    }
    Tape tape;
    layer.forward(tape.constant(x), Mode::training);
  }
  for (Index c = 0; c < 2; ++c) {
    CHECK(layer.state().buffers[0]->value[c] == about(expected[c], kExact));
  }
}

TEST_CASE("3.7, D.6: ema_decay 0.9 is PyTorch's momentum 0.1, the weight of the new value") {
  BatchNorm layer(1, {.ema_decay = 0.9}), other_reading(1, {.ema_decay = 0.1});
  double mean = 0, variance = 1;
  const double momentum = 0.1;
  for (int t = 0; t < 10; ++t) {
    const Tensor x = random_tensor(concat("batch ", t), {6, 1}, 3, 2);
    const auto [batch_mean, batch_variance] = exact_moments(x, 0);
    mean = (1 - momentum) * mean + momentum * batch_mean;
    variance = (1 - momentum) * variance + momentum * batch_variance * 6 / 5;
    for (BatchNorm* each : {&layer, &other_reading}) {
      Tape tape;
      each->forward(tape.constant(x), Mode::training);
    }
  }
  CHECK(running_mean(layer) == about(mean, kExact));
  CHECK(running_variance(layer) == about(variance, kExact));
  CHECK(std::abs(running_mean(other_reading) - mean) > 0.5);
}

TEST_CASE("3.8: after 600 batches 0.9, 0.99 and 0.999 keep 0, 0.24 and 55 percent of the start") {
  CHECK(leftover(0.9, 600) < kExact);
  CHECK(leftover(0.99, 600) == about(0.0024, 0.01));
  CHECK(leftover(0.999, 600) == about(0.5486, 0.001));
  CHECK(half_life(0.9) == 7);  // ln ½ / ln d = 6.6, 69.0, 692.8
  CHECK(half_life(0.99) == 69);
  CHECK(half_life(0.999) == 693);
}

TEST_CASE("3.9: without the start's share 100 batches at 0.99 give 5.0000 instead of 3.1698") {
  const BatchNormOptions plain{.ema_decay = 0.99, .unbiased_running_variance = false};
  BatchNormOptions debiased = plain;
  debiased.running = RunningStatistics::debiased_ema;
  BatchNorm moving = after_batches(100, plain), corrected = after_batches(100, debiased);
  CHECK(running_mean(moving) == about(3.16984, 1e-6));  // 5·(1 − 0.99¹⁰⁰)
  CHECK(running_mean(corrected) == about(5, kExact));
  CHECK(running_mean(moving) / (1 - std::pow(0.99, 100)) == about(5, kExact));
  // The variance starts at 1 and is on its way to 4.
  CHECK(running_variance(moving) == about(4 - 3 * std::pow(0.99, 100), kExact));  // 2.9019
  CHECK(running_variance(corrected) == about(4, kExact));
}

TEST_CASE("3.10: with decay 0 the running statistics are those of the last batch") {
  BatchNorm layer(1, {.ema_decay = 0});
  for (int t = 0; t < 4; ++t) {
    const Tensor x = random_tensor(concat("batch ", t), {5, 1}, t);
    Tape tape;
    layer.forward(tape.constant(x), Mode::training);
    CHECK(running_mean(layer) == about(exact_moments(x, 0).first, kExact));
    CHECK(running_variance(layer) == about(exact_moments(x, 0).second * 5 / 4, kExact));
  }
}

TEST_CASE("3.11: with decay 1 the running statistics stay at 0 and 1, not at the first batch") {
  BatchNorm layer = after_batches(50, {.epsilon = 1e-3, .ema_decay = 1});
  CHECK(running_mean(layer) == 0);
  CHECK(running_variance(layer) == 1);
  // In inference the layer is then the identity, but for 1 / √(1 + ε).
  CHECK(layer.predict(numbers({1, 1}, {7}))[0] == about(7 / std::sqrt(1.001), kExact));
}

TEST_CASE("3.15: statistics for each pixel are possible but no longer move with the image") {
  const Tensor x = random_tensor("x", {6, 3, 4, 2}, 1), moved = shifted(x);
  CHECK(mismatch(normalized(moved, 1e-5), shifted(normalized(x, 1e-5)), kExact) == "");
  // For each pixel: 3·4·2 = 24 channels of 6 values, with a gamma and beta for each.
  const Shape pixels{6, 24};
  const Tensor gamma = random_tensor("gamma", {24}), beta = random_tensor("beta", {24});
  const auto by_pixel = [&](const Tensor& image) {
    return normalized(image.reshaped(pixels), gamma, beta, 1e-5).reshaped(image.shape());
  };
  CHECK(mismatch(by_pixel(moved), shifted(by_pixel(x)), 0.5) != "");
  CHECK(batch_statistics(x).mean.size() == 2);
  CHECK(batch_statistics(x.reshaped(pixels)).mean.size() == 24);
}

TEST_CASE("3.16: after a convolution the sums run over m H W, with a gamma and beta per channel") {
  const Index m = 3, height = 4, width = 2, channels = 2;
  const Tensor x = random_tensor("x", {m, height, width, channels}, 4, 3);
  const Tensor gamma = gamma_of(channels), beta = beta_of(channels);
  const Tensor y = normalized(x, gamma, beta, 1e-3);
  for (Index c = 0; c < channels; ++c) {
    const auto average = [&](const auto& of) {
      double sum = 0;
      for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < height; ++j) {
          for (Index k = 0; k < width; ++k) sum += of(at(x, {i, j, k, c}));
        }
      }
      return sum / static_cast<double>(m * height * width);
    };
    const double mean = average([](double v) { return v; });
    const double variance = average([=](double v) { return squared(v - mean); });
    for (Index i = c; i < x.size(); i += channels) {
      const double expected = gamma[c] * (x[i] - mean) / std::sqrt(variance + 1e-3) + beta[c];
      CHECK(std::abs(y[i] - expected) < kExact);
    }
  }
}

TEST_CASE("3.17: 20 layers at 64 rows: unbiased running variances shrink the output to 0.854") {
  for (const bool unbiased : {true, false}) {
    Sequential model;
    const BatchNormOptions options{
        .epsilon = 1e-12, .ema_decay = 0, .unbiased_running_variance = unbiased};
    for (int i = 0; i < 20; ++i) model.add<BatchNorm>(1, options);
    model.initialize(1);
    const Tensor x = random_tensor("x", {64, 1}, 2, 3);
    Tape tape;
    const Tensor in_training = model.forward(tape.constant(x), Mode::training).value();
    const double ratio = model.predict(x)[0] / in_training[0];
    CHECK(ratio == about(unbiased ? std::pow(63.0 / 64, 10) : 1, 1e-9));  // 0.8543
  }
}

TEST_SUITE_END();

}  // namespace minitape
