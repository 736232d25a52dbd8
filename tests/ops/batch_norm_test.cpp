// Batch norm: its values, in training and in inference, and its statistics.

#include "minitape/ops/batch_norm.hpp"

#include "minitape/ops/arithmetic.hpp"
#include "ops/batch_norm_reference.hpp"

namespace minitape {

// ---- Examples by hand ----

TEST_CASE("batch norm of the column (1, 3), by hand") {
  // mean 2, variance ((−1)² + 1²) / 2 = 1; with ε = 3 the divisor is √(1 + 3) = 2, so
  // x_hat = (−1/2, 1/2) and y = 8·x_hat + 5 = (1, 9).
  Tape tape;
  const Var x = tape.variable(Tensor({2, 1}, {1, 3}));
  const Var gamma = tape.variable(Tensor({1}, {8})), beta = tape.variable(Tensor({1}, {5}));
  const BatchNormResult result = batch_norm_training(x, gamma, beta, 3);
  CHECK(mismatch(result.batch.mean, Tensor({1}, {2})) == "");
  CHECK(mismatch(result.batch.variance, Tensor({1}, {1})) == "");
  CHECK(mismatch(result.y.value(), Tensor({2, 1}, {1, 9})) == "");

  // dy = (1, 0):  dbeta = 1,  dgamma = 1·(−1/2) = −1/2,
  // dx = 8·(1/2)·(dy − dbeta/2 − x_hat·dgamma/2) = 4·(1 − 1/2 − 1/8, 0 − 1/2 + 1/8)
  tape.backward(sum(result.y * tape.constant(Tensor({2, 1}, {1, 0}))));
  CHECK(mismatch(beta.gradient(), Tensor({1}, {1})) == "");
  CHECK(mismatch(gamma.gradient(), Tensor({1}, {-0.5})) == "");
  CHECK(mismatch(x.gradient(), Tensor({2, 1}, {1.5, -1.5})) == "");
}

TEST_CASE("batch norm with given statistics, by hand") {
  // mean 1, variance 1, ε = 3: x_hat = (x − 1) / 2, so y = 8·x_hat + 5 = 4·(x − 1) + 5
  const Tensor x({2, 1}, {1, 3}), gamma({1}, {8}), beta({1}, {5});
  const BatchStatistics statistics{Tensor({1}, {1}), Tensor({1}, {1})};
  CHECK(mismatch(batch_norm_inference(x, gamma, beta, statistics, 3), Tensor({2, 1}, {5, 13})) ==
        "");

  // dy = (1, 2): dx = 4·dy, dgamma = 1·0 + 2·1, dbeta = 3
  Tape tape;
  const Var vx = tape.variable(x), vgamma = tape.variable(gamma), vbeta = tape.variable(beta);
  const Var y = batch_norm_inference(vx, vgamma, vbeta, statistics, 3);
  CHECK(mismatch(y.value(), Tensor({2, 1}, {5, 13})) == "");
  tape.backward(sum(y * tape.constant(Tensor({2, 1}, {1, 2}))));
  CHECK(mismatch(vx.gradient(), Tensor({2, 1}, {4, 8})) == "");
  CHECK(mismatch(vgamma.gradient(), Tensor({1}, {2})) == "");
  CHECK(mismatch(vbeta.gradient(), Tensor({1}, {3})) == "");
}

TEST_CASE("every channel is normalized by itself") {
  // Columns (0, 2) and (10, 30): means 1 and 20, deviations 1 and 10.
  Tape tape;
  const Var x = tape.constant(Tensor({2, 2}, {0, 10, 2, 30}));
  const Var gamma = tape.variable(Tensor({2}, {1, 100})), beta = tape.variable(Tensor({2}, {0, 7}));
  const BatchNormResult result = batch_norm_training(x, gamma, beta, 0);
  CHECK(mismatch(result.batch.mean, Tensor({2}, {1, 20})) == "");
  CHECK(mismatch(result.batch.variance, Tensor({2}, {1, 100})) == "");
  CHECK(mismatch(result.y.value(), Tensor({2, 2}, {-1, -93, 1, 107})) == "");
}

// ---- Statistics ----

TEST_CASE("moments merged from many chunks equal those of the whole column") {
  // 16384 / 5 = 3276 rows in a chunk: three whole ones and a small rest. The chunks' own means
  // differ, because the column drifts.
  Tensor x = random_tensor("x", {10'000, 5}, 0, 2);
  for (Index i = 0; i < x.size(); ++i) x[i] += static_cast<Real>(i) / 10'000;
  const BatchStatistics result = batch_statistics(x);
  const double tolerance = sizeof(Real) == sizeof(float) ? 2e-6 : 1e-13;
  for (Index c = 0; c < 5; ++c) {
    const auto [mean, variance] = exact_moments(x, c);
    CHECK(std::abs(double{result.mean[c]} - mean) < tolerance * std::abs(mean));
    CHECK(std::abs(double{result.variance[c]} - variance) < tolerance * variance);
  }
}

TEST_CASE("the variance survives a mean that is ten thousand times as large as the deviation") {
  // E[x²] − E[x]² gives 2.3 and 48 instead of 1 here.
  for (const double offset : {0.0, 10.0, 100.0, 1000.0, 10'000.0}) {
    for (const Index rows : {4096, 40'000}) {  // one chunk, and several
      const Tensor x = random_tensor("x", {rows, 1}, offset);
      const auto [mean, variance] = exact_moments(x, 0);
      const BatchStatistics result = batch_statistics(x);
      CAPTURE(offset);
      CAPTURE(rows);
      // The sums lose some digits of the deviations, and storing the mean its last one.
      CHECK(std::abs(double{result.mean[0]} - mean) < kRounding * std::max(1.0, offset / 32));
      CHECK(std::abs(double{result.variance[0]} - variance) < 4 * kRounding);
    }
  }
}

TEST_CASE("the rounding of the mean does not add to the variance") {
  // Around 10⁶ floats are 1/16 apart: a centre that is rounded to one of them is up to 1/32 off.
  Tensor x = Tensor::uninitialized({200, 1});
  for (Index r = 0; r < 200; ++r) x[r] = static_cast<Real>(1e6 + 0.0625 * double(r % 3));
  const auto [mean, variance] = exact_moments(x, 0);
  CHECK(std::abs(double{batch_statistics(x).variance[0]} / variance - 1) < 1e-6);
}

TEST_CASE("a constant column has exactly its value as its mean, in one chunk or several") {
  for (const double value : {0.1, 3e38, -1e30, 254.9}) {
    for (const Index rows : {2, 3, 7, 40'000}) {
      const BatchStatistics result =
          batch_statistics(Tensor::full({rows, 1}, static_cast<Real>(value)));
      CHECK(result.mean[0] == static_cast<Real>(value));
      CHECK(result.variance[0] == 0);
    }
  }
}

TEST_CASE("an infinite variance does not hide behind finite outputs") {
  Tape tape;
  // The mean is finite, the squares of the deviations are not.
  const double large = sizeof(Real) == sizeof(float) ? 1e25 : 1e200;
  const Var x = tape.constant(numbers({4, 1}, {large, -large, 1, 2}));
  const Var gamma = tape.constant(Tensor::full({1}, 1)), beta = tape.constant(Tensor::zeros({1}));
  const Var y = batch_norm_training(x, gamma, beta, Real(1e-5)).y;
  CHECK(std::isnan(y.value()[2]));
}

TEST_CASE("sums over thousands of rows keep the digits of single precision") {
  // As behind a relu: half of the numbers 0, the others positive, so that sums only grow. Summed up
  // in float row by row, the variance was 1e-5 off, which a running variance shows.
  Tensor x = random_tensor("x", {40'000, 1});
  for (Real& value : x.values()) value = std::max<Real>(0, value);
  const BatchStatistics result = batch_statistics(x);
  const auto [mean, variance] = exact_moments(x, 0);
  CHECK(std::abs(double{result.mean[0]} / mean - 1) < kRounding / 8);  // 5e-7 in float
  CHECK(std::abs(double{result.variance[0]} / variance - 1) < kRounding / 8);
}

TEST_CASE("a constant column has variance 0 and normalizes to beta, whatever its value") {
  for (const double value : {0.0, 0.1, 254.9, -1000.1, 10'000.1}) {
    Tape tape;
    const Var x = tape.variable(Tensor::full({40'000, 1}, static_cast<Real>(value)));
    const Var gamma = tape.variable(Tensor({1}, {2})), beta = tape.variable(Tensor({1}, {3}));
    const BatchNormResult result = batch_norm_training(x, gamma, beta, Real(1e-5));
    CAPTURE(value);
    CHECK(result.batch.mean.item() == static_cast<Real>(value));
    CHECK(result.batch.variance.item() == 0);
    CHECK(different_bits(result.y.value(), Tensor::full({40'000, 1}, 3)) == "");
  }
}

TEST_CASE("a small spread around a large mean is normalized to its last digit") {
  // 256 ± 2⁻¹⁰: mean 256, deviation 2⁻¹⁰, x_hat = ±1, all exact in float. Multiplying x before the
  // mean is subtracted would lose half of the digits.
  Tensor values = Tensor::uninitialized({100, 1});
  for (Index i = 0; i < 100; ++i) values[i] = 256 + (i % 2 == 0 ? Real(0x1p-10) : Real(-0x1p-10));
  Tape tape;
  const Var x = tape.constant(values), gamma = tape.constant(numbers({1}, {1.0 / 3}));
  const Var y = batch_norm_training(x, gamma, tape.constant(numbers({1}, {0.1})), 0).y;
  CHECK(double{y.value()[0]} == doctest::Approx(0.1 + 1.0 / 3).epsilon(kRounding));
  CHECK(double{y.value()[1]} == doctest::Approx(0.1 - 1.0 / 3).epsilon(kRounding));
}

TEST_CASE("the result brings the moments of the batch along") {
  Tape tape;
  const Tensor x = random_tensor("x", {3, 5, 4, 2}, 5, 3);
  const BatchNormResult result = batch_norm_training(tape.constant(x), tape.constant(gamma_of(2)),
                                                     tape.constant(beta_of(2)), Real(1e-5));
  CHECK(different_bits(result.batch.mean, batch_statistics(x).mean) == "");
  CHECK(different_bits(result.batch.variance, batch_statistics(x).variance) == "");
}

TEST_CASE("after a convolution batch norm is the same function on N·H·W rows") {
  Tape tape;
  const Tensor x = random_tensor("x", {3, 5, 4, 2}, 5, 3);
  const Var gamma = tape.constant(gamma_of(2)), beta = tape.constant(beta_of(2));
  const auto normalized = [&](const Tensor& input) {
    return batch_norm_training(tape.constant(input), gamma, beta, Real(1e-5)).y.value();
  };
  CHECK(different_bits(normalized(x), normalized(x.reshaped({60, 2})).reshaped(x.shape())) == "");
}

// ---- Inference ----

TEST_CASE("with given statistics the tape and the plain form have the same bits") {
  Tape tape;
  const Tensor x = random_tensor("x", {3, 5, 4, 2}, 5, 3);
  const BatchStatistics statistics = batch_statistics(random_tensor("other", {50, 2}, 4, 2));
  const Var y = batch_norm_inference(tape.variable(x), tape.variable(gamma_of(2)),
                                     tape.variable(beta_of(2)), statistics, Real(1e-5));
  CHECK(different_bits(y.value(), batch_norm_inference(x, gamma_of(2), beta_of(2), statistics,
                                                       Real(1e-5))) == "");
}

TEST_CASE("with the batch's own statistics inference equals training") {
  Tape tape;
  const Tensor x = random_tensor("x", {7, 3}, 5, 3);
  const BatchNormResult result = batch_norm_training(tape.constant(x), tape.constant(gamma_of(3)),
                                                     tape.constant(beta_of(3)), Real(1e-5));
  CHECK(different_bits(result.y.value(), batch_norm_inference(x, gamma_of(3), beta_of(3),
                                                              result.batch, Real(1e-5))) == "");
}

TEST_CASE("inference takes a single row and an empty batch") {
  const BatchStatistics statistics{Tensor({1}, {1}), Tensor({1}, {1})};
  const Tensor gamma({1}, {8}), beta({1}, {5});
  CHECK(mismatch(batch_norm_inference(Tensor({1, 1}, {3}), gamma, beta, statistics, 3),
                 Tensor({1, 1}, {13})) == "");
  CHECK(batch_norm_inference(Tensor::zeros({0, 1}), gamma, beta, statistics, 3).shape() ==
        Shape{0, 1});
}

// ---- Errors ----

TEST_CASE("training with one value per channel is refused with the reason") {
  Tape tape;
  const Var gamma = tape.variable(gamma_of(3)), beta = tape.variable(beta_of(3));
  const Var row = tape.variable(Tensor::zeros({1, 3}));
  CHECK(error_lacks({"[batch_norm] training needs more than one value per channel: x is (1, 3). "
                     "With one value, x - mean is 0, every output is beta and every gradient is "
                     "0: use a larger batch"},
                    [&] { batch_norm_training(row, gamma, beta, Real(1e-5)); }) == "");
  const Var pixel = tape.variable(Tensor::zeros({1, 1, 1, 3}));
  CHECK(error_lacks({"x is (1, 1, 1, 3)"},
                    [&] { batch_norm_training(pixel, gamma, beta, Real(1e-5)); }) == "");
  const Var none = tape.variable(Tensor::zeros({0, 3}));
  CHECK(error_lacks({"x is (0, 3)"}, [&] { batch_norm_training(none, gamma, beta, Real(1e-5)); }) ==
        "");
  // One image of several pixels is enough.
  const Var image = tape.variable(random_tensor("image", {1, 2, 2, 3}));
  CHECK(batch_norm_training(image, gamma, beta, Real(1e-5)).y.shape() == Shape{1, 2, 2, 3});
}

TEST_CASE("gamma, beta and the statistics have one value per channel") {
  const auto call = [](const Shape& x, const Shape& gamma, const Shape& beta) {
    return [=] {
      Tape tape;
      batch_norm_training(tape.constant(Tensor::zeros(x)), tape.constant(Tensor::zeros(gamma)),
                          tape.constant(Tensor::zeros(beta)), Real(1e-5));
    };
  };
  CHECK(error_lacks({"[batch_norm] gamma and beta must have one value per channel, (3): x is (4, "
                     "3), gamma is (2), beta is (3)"},
                    call({4, 3}, {2}, {3})) == "");
  CHECK(error_lacks({"gamma is (3), beta is (1, 3)"}, call({4, 3}, {3}, {1, 3})) == "");
  CHECK(error_lacks({"[batch_norm] the input must be (N, C) or (N, H, W, C): x is (3)"},
                    call({3}, {3}, {3})) == "");
}

TEST_CASE("the given statistics have one value per channel") {
  const auto call = [](const Shape& mean, const Shape& variance) {
    return [=] {
      const Tensor ones = Tensor::full({3}, 1);
      batch_norm_inference(Tensor::zeros({4, 3}), ones, ones,
                           {Tensor::zeros(mean), Tensor::zeros(variance)}, 1);
    };
  };
  const std::string_view rule = "[batch_norm] the statistics must have one value per channel, ";
  CHECK(error_lacks({rule, "(3): mean is (2), variance is (3)"}, call({2}, {3})) == "");
  CHECK(error_lacks({rule, "(3): mean is (3), variance is (4)"}, call({3}, {4})) == "");
  CHECK(error_lacks({rule, "mean is (1, 3)"}, call({1, 3}, {1, 3})) == "");
}

}  // namespace minitape
