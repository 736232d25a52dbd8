// Identities of what batch norm computes from a batch: which mean and variance come out (11), what
// it does not see (12), which rows depend on which (13), how it can be undone (14), and that it is
// the well-known standardization when the batch is the whole data set (15).

#include "identities/pass.hpp"
#include "minitape/nn/batch_norm.hpp"

namespace minitape {
namespace {

// a·x + b, element by element.
Tensor affine(Tensor x, double a, double b) {
  for (Real& value : x.values()) value = a * value + b;
  return x;
}

// The rows of x [m, C] in the order 0, 7, 14, … modulo m, which 7 must not divide.
Tensor permuted(const Tensor& x) {
  const Index m = x.rows(), channels = x.channels();
  Tensor y = x;
  for (Index r = 0; r < m; ++r) {
    const Index from = r * 7 % m;
    for (Index c = 0; c < channels; ++c) y[r * channels + c] = x[from * channels + c];
  }
  return y;
}

const Shape kMatrix{8, 3}, kImages{3, 5, 4, 2};  // 8 and 60 rows: 7 divides neither

}  // namespace

TEST_SUITE_BEGIN("identities");

TEST_CASE("11: mean(y) = beta and var(y) = gamma²·v/(v+ε)") {
  for_each_pass([](const Pass& p) {
    const BatchStatistics out = batch_statistics(p.y);
    for (Index c = 0; c < p.channels(); ++c) {
      const double v = p.batch.variance[c];
      const double expected = p.gamma[c] * p.gamma[c] * v / (v + p.epsilon);
      CHECK(differ(out.mean[c], p.beta[c], std::abs(p.gamma[c]) + std::abs(p.beta[c])) == "");
      CHECK(differ(out.variance[c], expected, expected) == "");
    }
  });
}

TEST_CASE("12: for ε = 0, a·x + b has the same y for a > 0; a < 0 turns x_hat around") {
  for (const Shape& shape : {kMatrix, kImages}) {
    const Pass p = example_pass(shape, 0);
    const auto x_hat_of = [&](double a, double b) {
      return pass(affine(p.x, a, b), p.dy, p.gamma, p.beta, 0).x_hat;
    };
    CHECK(mismatch(x_hat_of(10, -3), p.x_hat, kExact) == "");
    CHECK(mismatch(x_hat_of(0.02, 7), p.x_hat, 1e-12) == "");  // b is a hundred times the spread
    CHECK(mismatch(x_hat_of(-4, 1), affine(p.x_hat, -1, 0), kExact) == "");
  }
}

TEST_CASE("13: in training, rows in another order give the same rows in that order, back too") {
  for (const Shape& shape : {kMatrix, kImages}) {
    const Pass p = example_pass(shape, 1e-5);
    const Pass q = pass(permuted(p.x), permuted(p.dy), p.gamma, p.beta, p.epsilon);
    CHECK(mismatch(q.x, p.x, 0.1) != "");
    // Not the same bits: the sums are taken in another order.
    CHECK(mismatch(q.y, permuted(p.y), kExact) == "");
    CHECK(mismatch(q.dx, permuted(p.dx), kExact) == "");
    CHECK(mismatch(q.dgamma, p.dgamma, kExact) == "");
    CHECK(mismatch(q.dbeta, p.dbeta, kExact) == "");
  }
}

TEST_CASE("13: in inference a row depends on itself alone, bit for bit; in training on all") {
  for (const Shape& shape : {kMatrix, kImages}) {
    BatchNorm layer(shape.channels());
    const Tensor x = random_tensor("x", shape, 5, 3);
    Tensor changed = x;
    for (Index c = 0; c < shape.channels(); ++c) changed[c] += 100;  // the first row
    const auto rest_differs = [&](const Tensor& a, const Tensor& b) {
      for (Index i = shape.channels(); i < a.size(); ++i) {
        if (a[i] != b[i]) return true;
      }
      return false;
    };
    Tape tape;
    CHECK(rest_differs(layer.forward(tape.constant(x), Mode::training).value(),
                       layer.forward(tape.constant(changed), Mode::training).value()));
    CHECK_FALSE(rest_differs(layer.predict(x), layer.predict(changed)));
    CHECK(different_bits(layer.predict(x), layer.predict(changed)) != "");  // the first row itself
  }
}

TEST_CASE("14: gamma = √(v+ε) and beta = mean give the batch back") {
  for_each_pass([](const Pass& p) {
    Tensor deviation = p.batch.variance;
    for (Real& v : deviation.values()) v = std::sqrt(v + p.epsilon);
    CHECK(mismatch(pass(p.x, p.dy, deviation, p.batch.mean, p.epsilon).y, p.x, kExact) == "");
  });
}

TEST_CASE("15: with the whole data set as its batch, batch norm is standardization") {
  for (const Shape& shape : {kMatrix, kImages}) {
    const Pass p = example_pass(shape, 0);
    Tensor standardized = p.x;
    for (Index c = 0; c < shape.channels(); ++c) {
      const auto [mean, variance] = exact_moments(p.x, c);  // plain sums in long double
      for (Index i = c; i < p.x.size(); i += shape.channels()) {
        standardized[i] = (p.x[i] - mean) / std::sqrt(variance);
      }
    }
    CHECK(mismatch(p.x_hat, standardized, kExact) == "");
    // Two halves as batches of their own are something else.
    Tensor half = Tensor::zeros({shape.rows() / 2, shape.channels()});
    std::copy_n(p.x.data(), half.size(), half.data());
    const Tensor half_hat = pass(half, half, p.gamma, p.beta, 0).x_hat;
    Tensor start = half;
    std::copy_n(standardized.data(), half.size(), start.data());
    CHECK(mismatch(half_hat, start, 0.01) != "");
  }
}

TEST_SUITE_END();

}  // namespace minitape
