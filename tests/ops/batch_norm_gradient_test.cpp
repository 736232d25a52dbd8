// The gradients of batch norm: against the chain rule step by step, and against differences.

#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "minitape/ops/dense.hpp"
#include "ops/batch_norm_reference.hpp"

namespace minitape {
namespace {

using Inputs = std::vector<Var>;

// dx, dgamma and dbeta of training batch norm, step by step along the graph of the forward
// equations instead of the closed form: through x_hat, the variance and the mean.
struct Gradients {
  Tensor dx, dgamma, dbeta;
};
Gradients staged_gradients(const Tensor& x, const Tensor& dy, const Tensor& gamma, double epsilon) {
  const Index rows = x.rows(), channels = x.channels();
  Gradients g{Tensor::zeros(x.shape()), Tensor::zeros({channels}), Tensor::zeros({channels})};
  for (Index c = 0; c < channels; ++c) {
    const auto [mean, variance] = exact_moments(x, c);
    const double m = static_cast<double>(rows), inv_std = 1 / std::sqrt(variance + epsilon);
    double dvariance = 0, dmean = 0, dgamma = 0, dbeta = 0;
    for (Index i = c; i < x.size(); i += channels) {
      const double centred = double{x[i]} - mean, dx_hat = double{dy[i]} * double{gamma[c]};
      dgamma += double{dy[i]} * centred * inv_std;
      dbeta += double{dy[i]};
      dvariance += dx_hat * centred * -0.5 * inv_std * inv_std * inv_std;
      dmean += -dx_hat * inv_std;  // the path through the variance adds up to 0
    }
    for (Index i = c; i < x.size(); i += channels) {
      const double centred = double{x[i]} - mean, dx_hat = double{dy[i]} * double{gamma[c]};
      g.dx[i] = static_cast<Real>(dx_hat * inv_std + dvariance * 2 * centred / m + dmean / m);
    }
    g.dgamma[c] = static_cast<Real>(dgamma);
    g.dbeta[c] = static_cast<Real>(dbeta);
  }
  return g;
}

// All gradients of Σ dy·y, taken from the tape.
Gradients taped_gradients(const Tensor& x, const Tensor& dy, const Tensor& gamma, Real epsilon) {
  Tape tape;
  const Var vx = tape.variable(x), vgamma = tape.variable(gamma);
  const Var vbeta = tape.variable(beta_of(x.channels()));
  const Var y = batch_norm_training(vx, vgamma, vbeta, epsilon).y;
  tape.backward(sum(y * tape.constant(dy)));
  return {vx.gradient(), vgamma.gradient(), vbeta.gradient()};
}

}  // namespace

TEST_CASE("the closed form of the gradient equals the chain rule step by step") {
  // One chunk of rows, and several of 16384 / 60 = 273.
  for (const Shape& shape : {Shape{7, 3}, Shape{1000, 60}, Shape{3, 5, 4, 2}}) {
    const Tensor x = random_tensor("x", shape, 5, 3), dy = random_tensor("dy", shape);
    const Tensor gamma = gamma_of(shape.channels());
    for (const double epsilon : {1e-2, 1e-5}) {
      const Gradients actual = taped_gradients(x, dy, gamma, static_cast<Real>(epsilon));
      const Gradients expected = staged_gradients(x, dy, gamma, double{static_cast<Real>(epsilon)});
      const double tolerance = sizeof(Real) == sizeof(float) ? 3e-5 : 1e-12;
      CAPTURE(shape);
      CHECK(mismatch(actual.dx, expected.dx, tolerance) == "");
      CHECK(mismatch(actual.dgamma, expected.dgamma, tolerance) == "");
      CHECK(mismatch(actual.dbeta, expected.dbeta, tolerance) == "");
    }
  }
}

TEST_CASE("gradients of batch norm in training" * double_only()) {
  for (const Shape& shape : {Shape{7, 3}, Shape{3, 5, 4, 2}, Shape{2, 1, 3, 2}}) {
    for (const Real epsilon : {Real(1e-2), Real(1e-5)}) {
      for (const auto& [offset, spread] : {std::pair{0.0, 1.0}, {5.0, 3.0}}) {
        const auto normalize = [=](const Inputs& v) {
          return batch_norm_training(v[0], v[1], v[2], epsilon).y;
        };
        const Index channels = shape.channels();
        CAPTURE(shape);
        CAPTURE(epsilon);
        CHECK(wrong_gradients(normalize, {random_tensor("x", shape, offset, spread),
                                          gamma_of(channels), beta_of(channels)}) == "");
      }
    }
  }
}

TEST_CASE("gradients of batch norm behind a dense layer" * double_only()) {
  const auto network = [](const Inputs& v) {
    return batch_norm_training(dense(v[0], v[1], std::nullopt), v[2], v[3], Real(1e-5)).y;
  };
  CHECK(wrong_gradients(network, {random_tensor("x", {7, 5}), random_tensor("w", {5, 3}),
                                  gamma_of(3), beta_of(3)}) == "");
}

TEST_CASE("gradients of batch norm with given statistics" * double_only()) {
  for (const Shape& shape : {Shape{7, 3}, Shape{3, 5, 4, 2}}) {
    const Index channels = shape.channels();
    BatchStatistics statistics{random_tensor("mean", {channels}, 4),
                               random_tensor("variance", {channels})};
    for (Real& v : statistics.variance.values()) v = std::abs(v) + Real(0.1);
    const auto normalize = [=](const Inputs& v) {
      return batch_norm_inference(v[0], v[1], v[2], statistics, Real(1e-2));
    };
    CHECK(wrong_gradients(normalize, {random_tensor("x", shape, 5, 3), gamma_of(channels),
                                      beta_of(channels)}) == "");
  }
}

TEST_CASE("an input that is a constant costs no gradient, gamma and beta get theirs") {
  const Tensor x = random_tensor("x", {7, 3});
  const BatchStatistics given{Tensor::zeros({3}), Tensor::full({3}, 1)};
  for (const bool training : {true, false}) {
    Tape tape;
    const Var vx = tape.constant(x), gamma = tape.variable(gamma_of(3));
    const Var beta = tape.variable(beta_of(3));
    const Var y = training ? batch_norm_training(vx, gamma, beta, 0).y
                           : batch_norm_inference(vx, gamma, beta, given, 0);
    tape.backward(sum(y));
    CHECK(mismatch(beta.gradient(), Tensor::full({3}, 7)) == "");
    CHECK(gamma.gradient().shape() == Shape{3});
    CHECK_THROWS_AS(vx.gradient(), Error);
  }
}

// ---- Threads ----

TEST_CASE("moments and batch norm have the same bits with 1, 2 and 3 threads") {
  const Tensor x = random_tensor("x", {5, 13, 11, 70}, 5, 3);  // chunks of 234 rows
  const Tensor dy = random_tensor("dy", x.shape());
  CHECK(depends_on_threads([&] {
          BatchStatistics statistics = batch_statistics(x);
          Gradients g = taped_gradients(x, dy, gamma_of(70), Real(1e-5));
          Tensor y = batch_norm_inference(x, gamma_of(70), beta_of(70), statistics, Real(1e-5));
          std::vector<Tensor> results;
          for (Tensor* tensor :
               {&statistics.mean, &statistics.variance, &g.dx, &g.dgamma, &g.dbeta, &y}) {
            results.push_back(std::move(*tensor));
          }
          return results;
        }) == "");
}

}  // namespace minitape
