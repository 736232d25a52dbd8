// Text 0, C. Patil: which statistics to use in inference, 0.15 … 0.18.

#include "ledger/ledger.hpp"
#include "ledger/training.hpp"

namespace minitape {

TEST_SUITE_BEGIN("ledger");

TEST_CASE("0.15, 3.10: with one batch's statistics in inference, accuracy depends on which batch") {
  // 30 batches of 8 images. Measured with seeds 1 to 6: worst 0.36 to 0.50, mean 0.56 to 0.62, best
  // 0.65 to 0.70; averaged statistics 0.67 to 0.73.
  const Examples training = digits(1, "train", 3000), test = digits(1, "test", 1000);
  Sequential averaged = build({.options = {.ema_decay = 0.9}}, 1);
  train(averaged, training, {.batch_size = 8, .rate = 0.1, .epochs = 2});
  Sequential last_batch = build({.options = {.ema_decay = 0}}, 1);
  const LayerState from = averaged.state(), to = last_batch.state();
  for (std::size_t i = 0; i < from.parameters.size(); ++i) {
    to.parameters[i]->value = from.parameters[i]->value;
  }
  Random random = stream(1, "batches");
  std::vector<Examples> batches = shuffled_batches(training, 8, random);
  batches.resize(30);
  std::vector<double> accuracies;
  for (const Examples& batch : batches) {
    Tape tape;
    last_batch.forward(tape.constant(batch.x), Mode::training);
    accuracies.push_back(accuracy(last_batch, test));
  }
  const auto [worst, best] = std::minmax_element(accuracies.begin(), accuracies.end());
  CHECK(*best - *worst > 0.1);
  CHECK(accuracy(averaged, test) > mean_of(accuracies) + 0.05);
}

TEST_CASE("0.16, D.3: the average of batch variances misses the variance of the batch means") {
  const Index batches = 40, m = 5;
  Tensor x = random_tensor("x", {batches * m, 1}, 3, 2);
  const auto epoch = [&](bool unbiased) {
    BatchNorm layer(
        1, {.running = RunningStatistics::cumulative, .unbiased_running_variance = unbiased});
    for (Index b = 0; b < batches; ++b) {
      Tape tape;
      layer.forward(tape.constant(rows_of(x, b * m, m)), Mode::training);
    }
    const LayerState state = layer.state();
    return std::pair{state.buffers[0]->value[0], state.buffers[1]->value[0]};
  };
  const auto pooled = [&] { return exact_moments(x, 0); };
  const auto variance_of_means = [&] {
    std::vector<double> means;
    for (Index b = 0; b < batches; ++b)
      means.push_back(exact_moments(rows_of(x, b * m, m), 0).first);
    return squared(deviation_of(means));
  };
  // The means average to that of the epoch; the variances lack Var(means), about σ²/m = 20 %.
  CHECK(epoch(false).first == about(pooled().first, kExact));
  CHECK(epoch(false).second + variance_of_means() == about(pooled().second, kExact));
  CHECK(epoch(false).second / pooled().second == about(0.8, 0.1));
  // m / (m − 1) makes up for it as long as batches are drawn at random …
  CHECK(epoch(true).second / pooled().second == about(1, 0.1));
  // … and not when they are sorted.
  std::sort(x.values().begin(), x.values().end());
  CHECK(epoch(true).second / pooled().second < 0.05);
}

TEST_CASE("0.16: a shorter last batch needs its weight") {
  const Tensor x = random_tensor("x", {98, 1}), last = numbers({2, 1}, {9, 11});
  const std::vector<Tensor> batches = {rows_of(x, 0, 49), rows_of(x, 49, 49), last};
  BatchNorm layer(1, {.running = RunningStatistics::cumulative});
  double weighted = 0, sum = 20;
  for (const Tensor& batch : batches) {
    Tape tape;
    layer.forward(tape.constant(batch), Mode::training);
    weighted += static_cast<double>(batch.size()) / 100 * batch_statistics(batch).mean[0];
  }
  for (const Real value : x.values()) sum += value;
  CHECK(std::abs(weighted - sum / 100) < kExact);
  const double average_of_batches = layer.state().buffers[0]->value[0];
  CHECK(average_of_batches - sum / 100 > 3);  // 2 images of 100 count for a third
}

TEST_CASE("0.16, 0.17, D.3: while weights move, the epoch's average is the staler one") {
  // How far the running means of a network are from those that its weights have at the end of one
  // epoch, in deviations, and the logarithms of the variances. Measured with seeds 1 to 6: means
  // 0.25 to 0.40 (moving) and 0.36 to 0.53 (epoch's); variances 0.12 to 0.14 and 0.29 to 0.33.
  const Examples training = digits(1, "train", 2000);
  const auto trained = [&](RunningStatistics running) {
    Sequential model = build({.options = {.running = running}}, 1);
    train(model, training, {.rate = 0.5, .epochs = 1});
    return model;
  };
  Sequential moving = trained(RunningStatistics::ema),
             epoch = trained(RunningStatistics::cumulative);
  Sequential exact = build({.options = {.running = RunningStatistics::cumulative}}, 1);
  const LayerState truth = exact.state();
  for (std::size_t i = 0; i < truth.parameters.size(); ++i) {
    truth.parameters[i]->value = moving.state().parameters[i]->value;
    CHECK(different_bits(truth.parameters[i]->value, epoch.state().parameters[i]->value) == "");
  }
  Tape tape;
  exact.forward(tape.constant(training.x), Mode::training);
  const auto errors = [&](Sequential& model) {
    double mean_error = 0, variance_error = 0;
    for (std::size_t b = 0; b < truth.buffers.size(); b += 2) {
      const Tensor& mean = model.state().buffers[b]->value;
      const Tensor& variance = model.state().buffers[b + 1]->value;
      for (Index c = 0; c < 32; ++c) {
        const double v = truth.buffers[b + 1]->value[c];
        mean_error += squared(mean[c] - truth.buffers[b]->value[c]) / v / 64;
        variance_error += squared(std::log(variance[c] / v)) / 64;
      }
    }
    return std::pair{std::sqrt(mean_error), std::sqrt(variance_error)};
  };
  CHECK(errors(moving).first < 0.9 * errors(epoch).first);
  CHECK(errors(moving).second < 0.7 * errors(epoch).second);
}

TEST_CASE("0.17: with frozen weights both ways of averaging end at the same statistics") {
  const Tensor x = random_tensor("x", {20, 3}, 5, 2);
  BatchNorm moving(3), cumulative(3, {.running = RunningStatistics::cumulative});
  for (int t = 0; t < 300; ++t) {
    for (BatchNorm* layer : {&moving, &cumulative}) {
      Tape tape;
      layer->forward(tape.constant(x), Mode::training);
    }
    const double difference =
        std::abs(moving.state().buffers[0]->value[0] - cumulative.state().buffers[0]->value[0]);
    if (t == 0) CHECK(difference > 3);
    if (t == 299) CHECK(difference < 1e-11);
  }
}

TEST_CASE("0.18, 1.12, D.4: the layer keeps the variance, whose root is not the mean deviation") {
  for (const bool unbiased : {true, false}) {
    BatchNorm layer(1, {.ema_decay = 0, .unbiased_running_variance = unbiased});
    Tape tape;
    layer.forward(tape.constant(numbers({2, 1}, {3, 7})), Mode::training);  // deviation 2
    CHECK(layer.state().buffers[1]->name == "running_variance");
    CHECK(layer.state().buffers[1]->value[0] == (unbiased ? 8 : 4));
  }
  // Jensen: in batches of 4 normal numbers E[s] = 0.921·√E[s²].
  const Tensor x = random_tensor("x", {4 * 4000, 1});
  std::vector<double> deviations, variances;
  for (Index b = 0; b < 4000; ++b) {
    variances.push_back(batch_statistics(rows_of(x, 4 * b, 4)).variance[0]);
    deviations.push_back(std::sqrt(variances.back()));
  }
  CHECK(mean_of(deviations) / std::sqrt(mean_of(variances)) == about(0.921, 0.01));
}

TEST_SUITE_END();

}  // namespace minitape
