// Identities of the gradient dx. Batch norm does not see where a column of x lies, and hardly how
// wide it is, so dx has almost no part in these two directions:
//
//   dx = gamma·inv_std·P·dy,   P = I − 1·1ᵀ/m − x_hat·x_hatᵀ/m
//
// P is symmetric. It maps 1 to 0 and x_hat to x_hat·ε/(v + ε), v being the variance, and leaves
// alone what is perpendicular to both. All of 00 to 10 follow from this.

#include "identities/pass.hpp"
#include "minitape/ops/conv2d.hpp"
#include "minitape/ops/dense.hpp"

namespace minitape {

TEST_SUITE_BEGIN("identities");

TEST_CASE("00: dx is 0 along 1, ε/(v+ε)·dy along x_hat and all of dy perpendicular to both") {
  for_each_pass([](const Pass& p) {
    // Both parts are taken out of a random direction, channel by channel: Σ x_hat² = m·v/(v + ε).
    Tensor perpendicular = p.dy;
    for (Index i = 0; i < p.x.size(); ++i) {
      const Index c = i % p.channels();
      const Sum along = column_sum(p.dy, p.x_hat, c), length = column_sum(p.x_hat, p.x_hat, c);
      perpendicular[i] -= column_sum(p.dy, c).value / static_cast<double>(p.rows()) +
                          p.x_hat[i] * along.value / length.value;
    }
    const auto dx_for = [&](const Tensor& dy) {
      return pass(p.x, dy, p.gamma, p.beta, p.epsilon).dx;
    };
    Tensor along_x_hat = p.x_hat, full = perpendicular;
    for (Index i = 0; i < p.x.size(); ++i) {
      const Index c = i % p.channels();
      along_x_hat[i] *= p.gamma[c] * p.inv_std(c) * p.epsilon / (p.batch.variance[c] + p.epsilon);
      full[i] *= p.gamma[c] * p.inv_std(c);
    }
    CHECK(mismatch(dx_for(Tensor::full(p.x.shape(), 1)), Tensor::zeros(p.x.shape()), kExact) == "");
    CHECK(mismatch(dx_for(p.x_hat), along_x_hat, kExact) == "");
    CHECK(mismatch(dx_for(perpendicular), full, kExact) == "");
  });
}

TEST_CASE("01: Σ dx = 0, so a bias in front of batch norm gets no gradient") {
  for_each_pass([](const Pass& p) {
    for (Index c = 0; c < p.channels(); ++c) {
      const Sum dx = column_sum(p.dx, c);
      CHECK(dx.terms > 0.5);  // there is something to add up
      CHECK(differ(dx.value, 0, dx.terms) == "");
    }
  });

  for (const bool image : {false, true}) {
    Tape tape;
    const Var x = tape.constant(random_tensor("x", image ? Shape{3, 5, 4, 2} : Shape{7, 2}));
    const Var kernel =
        tape.variable(random_tensor("kernel", image ? Shape{3, 2, 2, 3} : Shape{2, 3}));
    const Var bias = tape.variable(random_tensor("bias", {3}));
    const Var z = image ? conv2d(x, kernel, bias, {1, Padding::same()}) : dense(x, kernel, bias);
    const Var gamma = tape.variable(gamma_of(3)), beta = tape.variable(beta_of(3));
    const Var y = batch_norm_training(z, gamma, beta, 1e-5).y;
    tape.backward(sum(y * tape.constant(random_tensor("dy", y.shape(), 0.5))));
    CHECK(mismatch(bias.gradient(), Tensor::zeros({3}), kExact) == "");
    CHECK(mismatch(beta.gradient(), Tensor::zeros({3}), 1) != "");  // beta does what it cannot do
  }
}

TEST_CASE("02: Σ dx·x_hat = gamma·dgamma·ε/(v+ε)^1.5, not just about 0") {
  for_each_pass([](const Pass& p) {
    for (Index c = 0; c < p.channels(); ++c) {
      const Sum along = column_sum(p.dx, p.x_hat, c);
      const double expected = p.gamma[c] * p.dgamma[c] * p.epsilon * std::pow(p.inv_std(c), 3);
      CHECK(std::abs(expected) > 1e-8);  // far above rounding, so that 0 would not do
      CHECK(differ(along.value, expected, along.terms) == "");
    }
  });
}

TEST_CASE(
    "06: |dx|² = (gamma·inv_std)²·(|dy|² − (Σ dy)²/m − (2 − r)·(Σ dy·x_hat)²/m), r = v/(v+ε)") {
  // S. Santurkar et al., "How Does Batch Normalization Help Optimization?", 2018, has this as an
  // inequality. The two subtracted terms say by how much batch norm shortens the gradient.
  for_each_pass([](const Pass& p) {
    const auto m = static_cast<double>(p.rows());
    for (Index c = 0; c < p.channels(); ++c) {
      const double r = p.batch.variance[c] / (p.batch.variance[c] + p.epsilon);
      const double dy_squared = column_sum(p.dy, p.dy, c).value;
      const double removed = std::pow(column_sum(p.dy, c).value, 2) / m +
                             (2 - r) * std::pow(column_sum(p.dy, p.x_hat, c).value, 2) / m;
      const double factor = std::pow(p.gamma[c] * p.inv_std(c), 2);
      CHECK(differ(column_sum(p.dx, p.dx, c).value, factor * (dy_squared - removed),
                   factor * dy_squared) == "");
      CHECK(removed > 0.01 * dy_squared);
    }
  });
}

TEST_CASE("07: the Jacobian is symmetric: u·dx(v) = v·dx(u), and for gamma = 1 J·u = Jᵀ·u") {
  for_each_pass([](const Pass& p) {
    const Tensor u = random_tensor("u", p.x.shape(), 1), v = p.dy;
    const auto dx_for = [&](const Tensor& dy, const Tensor& gamma) {
      return pass(p.x, dy, gamma, p.beta, p.epsilon).dx;
    };
    const Tensor dx_u = dx_for(u, p.gamma), dx_v = dx_for(v, p.gamma);
    for (Index c = 0; c < p.channels(); ++c) {
      const Sum uv = column_sum(u, dx_v, c);
      CHECK(differ(uv.value, column_sum(v, dx_u, c).value, uv.terms) == "");
    }
    // J·u from differences of y along u, Jᵀ·u from backward. Differences have nine digits here: h²
    // of them are lost to the curvature and 1e-16/h to rounding.
    const Tensor one = Tensor::full({p.channels()}, 1);
    const double h = 1e-5;
    const auto y_at = [&](double step) {
      Tensor x = p.x;
      for (Index i = 0; i < x.size(); ++i) x[i] += step * u[i];
      return pass(x, u, one, p.beta, p.epsilon).y;
    };
    const Tensor before = y_at(-h);
    Tensor forward = y_at(h);
    for (Index i = 0; i < forward.size(); ++i) forward[i] = (forward[i] - before[i]) / (2 * h);
    CHECK(mismatch(forward, dx_for(u, one), 1e-9) == "");
  });
}

TEST_CASE("08: two rows: dx = ± gamma·(dy1 − dy2)/2·ε/(d²+ε)^1.5, d = (x1 − x2)/2") {
  // Two points can only move apart or together, and batch norm does not see that: what is left is
  // the work of ε alone. A gradient check on two rows therefore checks next to nothing.
  for (const double epsilon : {1.0, 1e-2, 1e-5, 0.0}) {
    const Pass p = example_pass({2, 3}, epsilon);
    for (Index c = 0; c < 3; ++c) {
      const double d = (p.x[c] - p.x[3 + c]) / 2, d_dy = (p.dy[c] - p.dy[3 + c]) / 2;
      const double expected = p.gamma[c] * d_dy * epsilon / std::pow(d * d + epsilon, 1.5);
      const double terms = std::abs(p.gamma[c] * p.inv_std(c)) * (std::abs(d_dy) + 1);
      CHECK(differ(p.dx[c], expected, terms) == "");
      CHECK(differ(p.dx[3 + c], -expected, terms) == "");
      CHECK((std::abs(expected) > 1e-8) == (epsilon > 0));
    }
  }
}

TEST_CASE("09: one row: y = beta and dx = 0, so training refuses it") {
  // The refusal, and what it spares: a row that is given twice has the statistics of a batch of
  // one. Its output is beta to the last bit and its gradient 0, whatever x and dy are.
  Tape tape;
  const Var gamma = tape.variable(gamma_of(3)), beta = tape.variable(beta_of(3));
  CHECK(error_lacks({"more than one value per channel", "every output is beta"}, [&] {
          batch_norm_training(tape.variable(random_tensor("x", {1, 3})), gamma, beta, 1e-5);
        }) == "");

  const Tensor row = random_tensor("x", {3}, 5, 3), dy_row = random_tensor("dy", {3});
  Tensor x = Tensor::zeros({2, 3}), dy = x, twice_beta = x;
  for (Index i = 0; i < 6; ++i) {
    x[i] = row[i % 3];
    dy[i] = dy_row[i % 3];
    twice_beta[i] = beta.value()[i % 3];
  }
  const Pass p = pass(x, dy, gamma.value(), beta.value(), 1e-5);
  CHECK(different_bits(p.y, twice_beta) == "");
  CHECK(mismatch(p.dx, Tensor::zeros({2, 3}), 0) == "");
}

TEST_CASE("10: loss Σ y² has dx = 2·ε·(x − mean)/(v+ε)², loss Σ y has dx = 0") {
  // gamma = 1 and beta = 0. Neither loss is fit for a gradient check: whatever backward does to
  // what it ought to remove, there is nothing else in these gradients.
  for_each_pass([](const Pass& p) {
    const Tensor one = Tensor::full({p.channels()}, 1), none = Tensor::zeros({p.channels()});
    Tensor two_y = p.x_hat, expected = p.x;
    for (Real& value : two_y.values()) value *= 2;
    for (Index i = 0; i < p.x.size(); ++i) {
      const Index c = i % p.channels();
      expected[i] = 2 * p.epsilon * (p.x[i] - p.batch.mean[c]) * std::pow(p.inv_std(c), 4);
    }
    const Tensor dx = pass(p.x, two_y, one, none, p.epsilon).dx;
    CHECK(mismatch(dx, expected, kExact) == "");
    CHECK(mismatch(dx, Tensor::zeros(dx.shape()), 1e-8) != "");
    const Tensor dx_of_sum = pass(p.x, Tensor::full(p.x.shape(), 1), one, none, p.epsilon).dx;
    CHECK(mismatch(dx_of_sum, Tensor::zeros(dx.shape()), kExact) == "");
  });
}

TEST_SUITE_END();

}  // namespace minitape
