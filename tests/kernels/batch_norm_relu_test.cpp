// The fused operation against the two that it stands for.

#include "gradients.hpp"
#include "kernels/fused.hpp"
#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "ops/batch_norm_reference.hpp"

namespace minitape {
namespace {

// y, the batch's moments and the gradients of Σ dy·y, fused or by two operations.
std::vector<Tensor> compute(bool fused, const Tensor& x, const Tensor& dy, const Tensor& gamma) {
  Tape tape;
  const Var vx = tape.variable(x), vgamma = tape.variable(gamma);
  const Var vbeta = tape.variable(beta_of(x.channels()));
  const auto epsilon = Real(1e-3);
  const BatchNormResult result = fused ? kernels::batch_norm_relu(vx, vgamma, vbeta, epsilon)
                                       : batch_norm_training(vx, vgamma, vbeta, epsilon);
  const Var y = fused ? result.y : relu(result.y);
  std::vector<Tensor> results{y.value(), result.batch.mean, result.batch.variance};
  tape.backward(sum(y * tape.constant(dy)));
  for (const Var& v : {vx, vgamma, vbeta}) results.push_back(v.gradient());
  return results;
}

}  // namespace

TEST_CASE("batch norm with relu in one equals one after the other, forward and backward") {
  // One chunk of rows, and several of 16384 / 60 = 273.
  for (const Shape& shape : {Shape{7, 3}, Shape{1000, 60}, Shape{3, 5, 4, 2}}) {
    const Tensor x = random_tensor("x", shape, 5, 3), dy = random_tensor("dy", shape);
    const Tensor gamma = gamma_of(shape.channels());
    const std::vector<Tensor> actual = compute(true, x, dy, gamma);
    const std::vector<Tensor> expected = compute(false, x, dy, gamma);
    CAPTURE(shape);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(mismatch(actual[i], expected[i], 4 * kRounding) == "");
    }
  }
}

TEST_CASE("where batch norm gives exactly 0 nothing goes back, as with relu") {
  // gamma 0 and beta 0: every output is 0, and so is every gradient.
  Tape tape;
  const Var x = tape.variable(random_tensor("x", {5, 2}));
  const Var gamma = tape.variable(Tensor::zeros({2})), beta = tape.variable(Tensor::zeros({2}));
  const Var y = kernels::batch_norm_relu(x, gamma, beta, Real(1e-5)).y;
  CHECK(mismatch(y.value(), Tensor::zeros({5, 2})) == "");
  tape.backward(sum(y));
  CHECK(mismatch(beta.gradient(), Tensor::zeros({2})) == "");
  CHECK(mismatch(gamma.gradient(), Tensor::zeros({2})) == "");
}

TEST_CASE("a NaN is not hidden by the relu") {
  Tape tape;
  Tensor x = random_tensor("x", {5, 2});
  x[3] = std::numeric_limits<Real>::quiet_NaN();
  const Var y = kernels::batch_norm_relu(tape.constant(std::move(x)), tape.constant(gamma_of(2)),
                                         tape.constant(beta_of(2)), Real(1e-5))
                    .y;
  CHECK(std::isnan(y.value()[1]));
  CHECK_FALSE(std::isnan(y.value()[0]));
}

TEST_CASE("gradients of batch norm with relu" * double_only()) {
  for (const Shape& shape : {Shape{7, 3}, Shape{3, 5, 4, 2}}) {
    const auto function = [](const std::vector<Var>& v) {
      return kernels::batch_norm_relu(v[0], v[1], v[2], Real(1e-2)).y;
    };
    CHECK(wrong_gradients(function, {random_tensor("x", shape, 5, 3), gamma_of(shape.channels()),
                                     beta_of(shape.channels())}) == "");
  }
}

TEST_CASE("batch norm with relu needs no gradient of x") {
  Tape tape;
  const Var x = tape.constant(random_tensor("x", {4, 3}));
  const Var gamma = tape.variable(gamma_of(3)), beta = tape.variable(beta_of(3));
  tape.backward(sum(kernels::batch_norm_relu(x, gamma, beta, Real(1e-5)).y));
  CHECK(beta.gradient().shape() == Shape{3});
  CHECK_THROWS_AS(x.gradient(), Error);
}

TEST_CASE("batch norm with relu has the same bits with 1, 2 and 3 threads") {
  const Tensor x = random_tensor("x", {5, 13, 11, 70}, 5, 3), dy = random_tensor("dy", x.shape());
  CHECK(depends_on_threads([&] { return compute(true, x, dy, gamma_of(70)); }) == "");
}

}  // namespace minitape
