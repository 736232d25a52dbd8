// Two implementations agree. Batch norm is one operation with one formula for its gradient. Here it
// is written once more, line by line as its definition reads, from the tape's arithmetic. The chain
// rule then finds the gradients by itself, and nobody has simplified them by hand. (Convolution has
// its second implementation in ops/conv2d_test.cpp: the seven loops of its definition.)

#include "identities/pass.hpp"

namespace minitape {
namespace {

// 1/√(v + ε), the one operation that the arithmetic lacks: dv = −y³·dy/2.
Var inverse_sqrt(Var v, double epsilon) {
  Tensor y = v.value();
  for (Real& value : y.values()) value = 1 / std::sqrt(value + epsilon);
  return v.tape().record("inverse_sqrt", {v}, y, [=](const Tensor& result, Tensor dy) {
    for (Index i = 0; i < dy.size(); ++i) dy[i] *= -result[i] * result[i] * result[i] / 2;
    v.add_gradient(std::move(dy));
  });
}

// gamma and beta are (C). Nothing is broadcast on the tape: a product with a column of ones repeats
// a row m times, and one with a matrix of 1/m puts the mean of every column into all of its rows.
Var composed_batch_norm(Var images, Var gamma, Var beta, double epsilon) {
  const Index m = images.value().rows(), channels = images.value().channels();
  Tape& tape = images.tape();
  const Var ones = tape.constant(Tensor::full({m, 1}, 1));
  const Var averages = tape.constant(Tensor::full({m, m}, 1 / static_cast<double>(m)));
  const auto repeated = [&](Var row) { return matmul(ones, reshape(row, {1, channels})); };

  const Var x = reshape(images, {m, channels});
  const Var centred = x - matmul(averages, x);                  // [m, C]
  const Var variance = matmul(averages, centred * centred);     // [m, C]
  const Var x_hat = centred * inverse_sqrt(variance, epsilon);  // [m, C]
  return reshape(repeated(gamma) * x_hat + repeated(beta), images.shape());
}

}  // namespace

TEST_SUITE_BEGIN("identities");

TEST_CASE("16: batch norm composed from the tape's arithmetic equals the one operation, back too") {
  for_each_pass([](const Pass& fused) {
    Tape tape;
    const Var x = tape.variable(fused.x), gamma = tape.variable(fused.gamma);
    const Var beta = tape.variable(fused.beta);
    const Var y = composed_batch_norm(x, gamma, beta, fused.epsilon);
    CHECK(mismatch(y.value(), fused.y, kExact) == "");
    tape.backward(sum(y * tape.constant(fused.dy)));
    CHECK(mismatch(x.gradient(), fused.dx, kExact) == "");
    CHECK(mismatch(gamma.gradient(), fused.dgamma, kExact) == "");
    CHECK(mismatch(beta.gradient(), fused.dbeta, kExact) == "");
  });
}

TEST_SUITE_END();

}  // namespace minitape
