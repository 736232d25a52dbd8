// Exhibits 14 to 16 and 21: statistics. Running ones that start, move or count wrongly, which all
// looks right after many large batches. And a variance that rounding has eaten.

#include "minitape/config/config.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "museum/planted.hpp"

namespace minitape {
namespace {

// ---- 14 to 16 ----

void train_on(BatchNorm& layer, const Tensor& x, int steps = 1) {
  for (int i = 0; i < steps; ++i) {
    Tape tape;
    layer.forward(tape.constant(x), Mode::training);
  }
}

Real running_mean(BatchNorm& layer) { return layer.state().buffers[0]->value[0]; }
Real running_variance(BatchNorm& layer) { return layer.state().buffers[1]->value[0]; }

// The deviation of what the layer predicts for x, which it was trained on. It should be 1.
double predicted_deviation(const BatchNorm& layer, const Tensor& x) {
  return std::sqrt(batch_statistics(layer.predict(x)).variance[0]);
}

// ---- 21 ----

// E[x²] − E[x]², each in one pass.
template <class Number>
double one_pass_variance(const std::vector<double>& x) {
  Number sum = 0, squares = 0;
  for (const double value : x) {
    sum += static_cast<Number>(value);
    squares += static_cast<Number>(value) * static_cast<Number>(value);
  }
  const auto n = static_cast<Number>(x.size());
  return static_cast<double>(squares / n - sum / n * (sum / n));
}

double library_variance(const std::vector<double>& x) {
  Tensor column = Tensor::uninitialized({static_cast<Index>(x.size()), 1});
  std::copy(x.begin(), x.end(), column.data());
  return batch_statistics(column).variance[0];
}

}  // namespace

TEST_SUITE_BEGIN("museum");

TEST_CASE("museum 14: the running variance starts at 0 without correction") {
  const Tensor x = random_tensor("x", {1000, 1});  // mean 0, deviation 1
  // The mistake: the start has weight 0.9 after one batch, and it is 0.
  BatchNorm wrong(1);
  wrong.state().buffers[1]->value.fill(0);

  // Strong: prediction after one step.
  train_on(wrong, x);
  CHECK(predicted_deviation(wrong, x) == about(3.16));  // √10
  BatchNorm library_ema(1), library_debiased(1, {.running = RunningStatistics::debiased_ema});
  train_on(library_ema, x);
  train_on(library_debiased, x);
  CHECK(predicted_deviation(library_ema, x) == doctest::Approx(1).epsilon(0.01));
  CHECK(predicted_deviation(library_debiased, x) == doctest::Approx(1).epsilon(0.01));
  // The default's start at 1 is no estimate either: for x of deviation 3 it is off as well, the
  // other way. Only the debiased average is right from the first step on.
  const Tensor wide = random_tensor("x", {1000, 1}, 0, 3);
  BatchNorm ema(1), debiased(1, {.running = RunningStatistics::debiased_ema});
  train_on(ema, wide);
  train_on(debiased, wide);
  CHECK(predicted_deviation(ema, wide) == about(2.2));
  CHECK(predicted_deviation(debiased, wide) == doctest::Approx(1).epsilon(0.01));

  // Weak: prediction at the end of training.
  train_on(wrong, x, 100);
  CHECK(predicted_deviation(wrong, x) == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("museum 15: the update's direction is swapped") {
  // The mistake: a momentum of 0.9, the weight of the old value, is taken as that of the new one.
  BatchNorm wrong(1, {.ema_decay = 1 - 0.9}), right(1, {.ema_decay = 0.9});

  // Strong: two steps by hand, with means 1 and 3.  0.1·1 = 0.1,  0.9·0.1 + 0.1·3 = 0.39
  for (BatchNorm* layer : {&wrong, &right}) {
    train_on(*layer, Tensor({2, 1}, {0, 2}));
    train_on(*layer, Tensor({2, 1}, {2, 4}));
  }
  CHECK(running_mean(right) == doctest::Approx(0.39));
  CHECK(running_mean(wrong) == doctest::Approx(2.79));  // 0.9,  0.1·0.9 + 0.9·3

  // Weak: the same batch again and again. Both arrive.
  for (BatchNorm* layer : {&wrong, &right}) {
    train_on(*layer, Tensor({2, 1}, {0, 2}), 200);
    CHECK(running_mean(*layer) == doctest::Approx(1));
  }

  // There is no key to confuse: it is called ema_decay, and who asks for momentum is told why.
  CHECK(error_lacks({"momentum", "ema_decay"},
                    [] { parse_config("[batch_norm]\nmomentum = 0.9\n", "test.toml"); }) == "");
}

TEST_CASE("museum 16: the biased variance is stored where the unbiased one is documented") {
  // The mistake: the variance that normalizes is also the one that is kept.
  BatchNorm wrong(1, {.unbiased_running_variance = false}), right(1);

  // Strong: two values, 0 and 2. Biased 1, unbiased 2: 0.9·1 + 0.1·1 and 0.9·1 + 0.1·2.
  for (BatchNorm* layer : {&wrong, &right}) train_on(*layer, Tensor({2, 1}, {0, 2}));
  CHECK(running_variance(right) == doctest::Approx(1.1));  // as PyTorch
  CHECK(running_variance(wrong) == doctest::Approx(1.0));

  // Weak: large batches. A part in a thousand is lost in any tolerance.
  for (BatchNorm* layer : {&wrong, &right}) {
    layer->initialize(0);
    train_on(*layer, random_tensor("x", {1000, 1}, 5, 3), 200);
  }
  const double ratio = running_variance(right) / running_variance(wrong);
  CHECK(ratio == doctest::Approx(1000.0 / 999).epsilon(1e-6));
}

TEST_CASE("museum 21: one-pass variance in float") {
  // The mistake: see one_pass_variance.
  const auto numbers_around = [](double offset) {
    const Tensor x = random_tensor("x", {4096, 1});
    std::vector<double> values;
    for (const Real value : x.values()) values.push_back(offset + value);
    return values;
  };
  const double variance = library_variance(numbers_around(0));
  // Weak: numbers around 0.
  CHECK(one_pass_variance<float>(numbers_around(0)) == doctest::Approx(variance).epsilon(1e-5));

  // Strong: numbers around 1000. Float has seven digits, and six go into the square of the mean.
  const double wrong = one_pass_variance<float>(numbers_around(1000));
  MESSAGE("variance ", variance, ", one pass in float around 1000: ", wrong,
          ", around 10000: ", one_pass_variance<float>(numbers_around(10000)),
          ", in double around 1e8: ", one_pass_variance<double>(numbers_around(1e8)));
  CHECK(std::abs(wrong - variance) > 0.5);
  CHECK(std::abs(one_pass_variance<float>(numbers_around(10000)) - variance) > 5);
  // Double only moves the cliff: around 1e8 it is over it as well.
  CHECK(std::abs(one_pass_variance<double>(numbers_around(1e8)) - variance) > 0.5);
  CHECK(library_variance(numbers_around(1000)) == doctest::Approx(variance).epsilon(1e-10));
  CHECK(library_variance(numbers_around(1e8)) == doctest::Approx(variance).epsilon(1e-7));
}

TEST_SUITE_END();

}  // namespace minitape
