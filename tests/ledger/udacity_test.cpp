// Text 2, the Udacity lesson: the formula, and what epsilon is for (2.1, 2.2, 2.5 … 2.12).

#include "ledger/ledger.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/activation.hpp"
#include "nn/layer_testing.hpp"

namespace minitape {
namespace {

// The biased variances of 20,000 batches of `size` normal numbers with the given deviation.
std::vector<double> batch_variances(Index size, double deviation) {
  const Tensor x = random_tensor("batches", {20'000 * size, 1}, 0, deviation);
  std::vector<double> variances;
  for (Index b = 0; b < 20'000; ++b) {
    variances.push_back(batch_statistics(rows_of(x, b * size, size)).variance[0]);
  }
  return variances;
}

// Deviation of the output for a batch of two values whose variance is v.
double output_deviation(double v, double epsilon) {
  const double s = std::sqrt(v);
  return std::sqrt(exact_moments(normalized(numbers({2, 1}, {-s, s}), epsilon), 0).second);
}

}  // namespace

TEST_SUITE_BEGIN("ledger");

TEST_CASE("2.1, 4.3, D.1: in front of the activation, the next layer's input is not normalized") {
  const Tensor z = random_tensor("z", {20'000, 1}, 3, 2);
  // As in the paper: dense, batch norm, relu. What the next layer gets has mean 1/√(2π) = 0.399 and
  // deviation √(1/2 − 1/2π) = 0.584.
  const Tensor before = relu(normalized(z, 0));
  CHECK(exact_moments(before, 0).first == about(0.399, 0.02));
  CHECK(std::sqrt(exact_moments(before, 0).second) == about(0.584, 0.02));
  // As text 4 says: dense, relu, batch norm.
  const Tensor after = normalized(relu(z), 0);
  CHECK(std::abs(exact_moments(after, 0).first) < kExact);
  CHECK(exact_moments(after, 0).second == about(1, kExact));
}

TEST_CASE("2.2, 2.5, 2.6, 3.2, 4.4, 4.5: the formula, with the variance over m") {
  const Tensor x = random_tensor("x", {11, 3}, 5, 3), gamma = gamma_of(3), beta = beta_of(3);
  for (const double epsilon : {1e-3, 1e-5}) {
    const Tensor y = normalized(x, gamma, beta, epsilon);
    for (Index i = 0; i < x.size(); ++i) {
      double mean = 0, variance = 0;
      for (Index k = i % 3; k < x.size(); k += 3) mean += x[k] / 11;
      for (Index k = i % 3; k < x.size(); k += 3) variance += squared(x[k] - mean) / 11;
      const double x_hat = (x[i] - mean) / std::sqrt(variance + epsilon);
      CHECK(std::abs(y[i] - (gamma[i % 3] * x_hat + beta[i % 3])) < kExact);
    }
  }
}

TEST_CASE("2.7: epsilon is inside the root: variance 1e-6, epsilon 1e-3 give 0.0316, not 0.5") {
  CHECK(output_deviation(1e-6, 1e-3) == about(std::sqrt(1e-6 / 1.001e-3), 1e-10));
  // Outside it would be √1e-6 / (√1e-6 + 1e-3) = 0.5.
  CHECK(output_deviation(1e-6, 1e-3) == about(0.0316, 0.001));
}

TEST_CASE("2.8: epsilon does not repair the variance of a sample, m / (m - 1) does") {
  // The shortfall is a factor: E[v] = (m − 1)/m·σ², at m = 60 and σ = 1 too small by 0.0167. An
  // epsilon of 0.001 makes up for 6 % of that.
  const double average = mean_of(batch_variances(60, 1));
  CHECK(average == about(59.0 / 60, 0.005));
  CHECK(std::abs(average - 1) > 0.01);
  CHECK(std::abs(average + 0.001 - 1) > 0.01);
  CHECK(std::abs(average * 60 / 59 - 1) < 0.004);
  // Where σ² = 1e-4, the same epsilon is ten times the variance, and the output shrinks to 0.30.
  CHECK(mean_of(batch_variances(60, 0.01)) * 60 / 59 == about(1e-4, 0.004));
  CHECK(output_deviation(1e-4, 1e-3) == about(0.3015, 0.001));
  // So the layer stores the batch's variance times m / (m − 1) and leaves epsilon out.
  BatchNorm layer(1, {.epsilon = 1e-3, .ema_decay = 0});
  const Tensor x = random_tensor("x", {60, 1}, 0, 0.01);
  Tape tape;
  layer.forward(tape.constant(x), Mode::training);
  CHECK(layer.state().buffers[1]->value[0] == about(exact_moments(x, 0).second * 60 / 59, kExact));
}

TEST_CASE("2.9: a sample's variance is below the population's in 56 of 100 cases, not in all") {
  double below = 0;
  for (const double v : batch_variances(60, 1)) below += v < 1 ? 1.0 / 20'000 : 0;
  CHECK(below == about(0.561, 0.02));
  // The smaller the sample, the more often: 1 − e^−1.5 = 0.78 at m = 3.
  double below_of_3 = 0;
  for (const double v : batch_variances(3, 1)) below_of_3 += v < 1 ? 1.0 / 20'000 : 0;
  CHECK(below_of_3 == about(1 - std::exp(-1.5), 0.03));  // χ² with two degrees of freedom
}

TEST_CASE("2.10, 2.12: gamma and beta are trained, through every activation that may follow") {
  for (const Activation::Kind kind :
       {Activation::sigmoid, Activation::tanh, Activation::relu, Activation::leaky_relu}) {
    Sequential model;
    model.add<Dense>(4, 3);
    model.add<BatchNorm>(3);
    model.add<Activation>(kind);
    model.initialize(1);
    randomize(model);
    CAPTURE(model.layer(2).type());
    CHECK(wrong_gradients(model, random_tensor("x", {7, 4}), Mode::training) == "");
  }
}

TEST_CASE("2.11: gamma and beta can undo the normalization, but of one batch only") {
  const Tensor x = random_tensor("x", {30, 2}, 4, 3), other = random_tensor("y", {30, 2}, 5, 2);
  const BatchStatistics batch = batch_statistics(x);
  Tensor gamma = batch.variance;
  for (Real& g : gamma.values()) g = std::sqrt(g + 1e-3);
  CHECK(mismatch(normalized(x, gamma, batch.mean, 1e-3), x, kExact) == "");
  CHECK(mismatch(normalized(other, gamma, batch.mean, 1e-3), other, 0.3) != "");
}

TEST_CASE("D.2: epsilon 1e-5 or 1e-3: alike at variance 1, a factor of three at variance 1e-4") {
  CHECK(output_deviation(1, 1e-5) == about(0.999995, 1e-7));
  CHECK(output_deviation(1, 1e-3) == about(0.999500, 1e-6));
  CHECK(output_deviation(1e-4, 1e-5) == about(0.9535, 1e-4));
  CHECK(output_deviation(1e-4, 1e-3) == about(0.3015, 1e-3));
}

TEST_SUITE_END();

}  // namespace minitape
