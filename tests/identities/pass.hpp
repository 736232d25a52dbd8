// What the identities share: one pass through batch norm, forward and backward, and sums over the
// columns of a [m, C] tensor. An image tensor (N, H, W, C) is read as such a matrix too.
#pragma once

#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "ops/batch_norm_reference.hpp"

namespace minitape {

/// How exactly the identities hold: to rounding. Matrix products add up in an order that depends on
/// the processor, so a few digits are left for sums of 60 terms.
inline constexpr double kExact = 1e-12;

/// What went into batch norm, and what came out of it.
struct Pass {
  Tensor x, dy;        // [m, C]
  Tensor gamma, beta;  // [C]
  double epsilon;

  BatchStatistics batch;  // [C] each
  Tensor y, x_hat, dx;    // [m, C]
  Tensor dgamma, dbeta;   // [C]

  Index rows() const { return x.rows(); }
  Index channels() const { return x.channels(); }
  double inv_std(Index c) const { return 1 / std::sqrt(batch.variance[c] + epsilon); }
};

/// Forward, then backward with dy as the gradient of y.
inline Pass pass(const Tensor& x, const Tensor& dy, const Tensor& gamma, const Tensor& beta,
                 double epsilon) {
  Tape tape;
  const Var vx = tape.variable(x), vgamma = tape.variable(gamma), vbeta = tape.variable(beta);
  const Var none = tape.constant(Tensor::zeros({x.channels()}));
  const Var one = tape.constant(Tensor::full({x.channels()}, 1));
  const BatchNormResult result = batch_norm_training(vx, vgamma, vbeta, epsilon);
  Pass p{x, dy, gamma, beta, epsilon, result.batch, result.y.value()};
  p.x_hat = batch_norm_training(vx, one, none, epsilon).y.value();
  tape.backward(sum(result.y * tape.constant(dy)));
  p.dx = vx.gradient();
  p.dgamma = vgamma.gradient();
  p.dbeta = vbeta.gradient();
  return p;
}

/// x with mean 5 and deviation 3, dy around 0.5, gamma of both signs.
inline Pass example_pass(const Shape& shape, double epsilon) {
  return pass(random_tensor("x", shape, 5, 3), random_tensor("dy", shape, 0.5),
              gamma_of(shape.channels()), beta_of(shape.channels()), epsilon);
}

/// Calls body(pass) for a matrix and for images, with a large, a usual and a small ε.
template <class Body>
void for_each_pass(Body body) {
  for (const Shape& shape : {Shape{7, 3}, Shape{3, 5, 4, 2}}) {
    for (const double epsilon : {1.0, 1e-2, 1e-5}) {
      CAPTURE(shape);
      CAPTURE(epsilon);
      body(example_pass(shape, epsilon));
    }
  }
}

// ---- Sums over a column ----

/// A sum, and the sum of the absolute values: rounding errors are to be measured by the latter.
struct Sum {
  double value = 0, terms = 0;
};

/// Σ a·b over column c.
inline Sum column_sum(const Tensor& a, const Tensor& b, Index c) {
  Sum sum;
  for (Index i = c; i < a.size(); i += a.channels()) {
    sum.value += a[i] * b[i];
    sum.terms += std::abs(a[i] * b[i]);
  }
  return sum;
}
/// Σ a over column c.
inline Sum column_sum(const Tensor& a, Index c) {
  return column_sum(a, Tensor::full(a.shape(), 1), c);
}

/// "" when two numbers agree to rounding, measured by what was added up to get them.
inline std::string differ(double actual, double expected, double terms) {
  if (std::abs(actual - expected) <= kExact * terms) return "";
  return concat(actual, ", expected ", expected, ", from terms of ", terms);
}

}  // namespace minitape
