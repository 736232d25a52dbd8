#include "minitape/optim/sgd.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

// A parameter of one element.
Parameter single(Role role, Real value, Real gradient) {
  Parameter parameter("w", role, {1});
  parameter.value.fill(value);
  parameter.gradient.fill(gradient);
  return parameter;
}

// The values of w after steps with the given gradients and learning rate 1/2, from w = 1.
std::vector<Real> path(SgdOptions options, const std::vector<Real>& gradients,
                       Role role = Role::kernel) {
  Parameter w = single(role, 1, 0);
  Sgd sgd({&w}, options);
  std::vector<Real> values;
  for (const Real gradient : gradients) {
    w.gradient.fill(gradient);
    sgd.step(0.5);
    values.push_back(w.value[0]);
  }
  return values;
}

}  // namespace

// All numbers below are sums of powers of two, exact in float.

TEST_CASE("plain gradient descent by hand") {
  // 1 − 0.5·2 = 0;  0 − 0.5·(−4) = 2
  CHECK(path({}, {2, -4}) == std::vector<Real>{0, 2});
}

TEST_CASE("momentum by hand") {
  // v = 2: 1 − 1 = 0;  v = 0.5·2 − 4 = −3: 0 + 1.5;  v = 0.5·(−3) + 0 = −1.5: 1.5 + 0.75
  CHECK(path({.momentum = 0.5}, {2, -4, 0}) == std::vector<Real>{0, 1.5, 2.25});
}

TEST_CASE("Nesterov's variant by hand") {
  // v = 2, g + 0.5·v = 3: 1 − 1.5 = −0.5;  v = −3, −4 − 1.5 = −5.5: −0.5 + 2.75;
  // v = −1.5, 0 − 0.75: 2.25 + 0.375
  CHECK(path({.momentum = 0.5, .nesterov = true}, {2, -4, 0}) ==
        std::vector<Real>{-0.5, 2.25, 2.625});
}

TEST_CASE("weight decay by hand: g + decay·w, before the momentum") {
  // Without momentum: g = 2 + 0.5·1: 1 − 1.25 = −0.25;  g = −4 − 0.125: −0.25 + 2.0625
  CHECK(path({.weight_decay = 0.5}, {2, -4}) == std::vector<Real>{-0.25, 1.8125});
  // With momentum: v = 2.5: −0.25;  v = 1.25 − 4 − 0.125 = −2.875: −0.25 + 1.4375
  CHECK(path({.momentum = 0.5, .weight_decay = 0.5}, {2, -4}) == std::vector<Real>{-0.25, 1.1875});
}

TEST_CASE("weight decay touches kernels alone") {
  const SgdOptions options{.momentum = 0.5, .weight_decay = 0.5};
  for (const Role role : {Role::bias, Role::gamma, Role::beta}) {
    CHECK(path(options, {2, -4}, role) == path({.momentum = 0.5}, {2, -4}));
  }
}

TEST_CASE("betas by hand: a factor on the gradient, then a decay as that of kernels") {
  const SgdOptions options{.weight_decay = 0.5, .beta_factor = 4, .decay_betas = true};
  // g = 4·2 + 0.5·1: 1 − 4.25 = −3.25;  g = 4·(−4) − 1.625: −3.25 + 8.8125
  CHECK(path(options, {2, -4}, Role::beta) == std::vector<Real>{-3.25, 5.5625});
  SgdOptions without = options;
  without.decay_betas = false;  // g = 8: 1 − 4;  g = −16: −3 + 8
  CHECK(path(without, {2, -4}, Role::beta) == std::vector<Real>{-3, 5});
  for (const Role role : {Role::kernel, Role::bias, Role::gamma}) {
    CHECK(path(options, {2, -4}, role) == path({.weight_decay = 0.5}, {2, -4}, role));
  }
}

TEST_CASE("a step sets the gradients to zero and moves every parameter by its own gradient") {
  Parameter kernel = single(Role::kernel, 1, 2), bias = single(Role::bias, 10, 4);
  Sgd sgd({&kernel, &bias}, {.momentum = 0.5});
  sgd.step(0.5);
  CHECK(kernel.value[0] == 0);
  CHECK(bias.value[0] == 8);
  CHECK(kernel.gradient[0] == 0);
  CHECK(bias.gradient[0] == 0);
  CHECK(sgd.parameters() == std::vector<Parameter*>{&kernel, &bias});
}

TEST_CASE("the velocities can be seen, and set, so that training can be resumed") {
  Parameter kernel("kernel", Role::kernel, {2, 3}), bias("bias", Role::bias, {3});
  kernel.gradient.fill(4);
  Sgd sgd({&kernel, &bias}, {.momentum = 0.5});
  CHECK(sgd.velocities().size() == 2);
  CHECK(different_bits(sgd.velocities()[0], Tensor::zeros({2, 3})) == "");
  sgd.step(0.5);
  CHECK(different_bits(sgd.velocities()[0], Tensor::full({2, 3}, 4)) == "");
  CHECK(different_bits(sgd.velocities()[1], Tensor::zeros({3})) == "");
  sgd.velocities()[1].fill(8);
  sgd.step(0.5);
  CHECK(different_bits(bias.value, Tensor::full({3}, -2)) == "");  // −0.5·0.5·8

  Sgd plain({&kernel, &bias}, {});
  CHECK(plain.velocities().empty());
}

TEST_CASE("a step covers tensors of many chunks, with the same bits for any number of threads") {
  const Tensor value = random_tensor("w", {100'003}), gradient = random_tensor("g", {100'003});
  const SgdOptions options{.momentum = 0.9, .nesterov = true, .weight_decay = 1e-3};
  const auto two_steps = [&] {
    Parameter w("w", Role::kernel, value.shape());
    w.value = value;
    Sgd sgd({&w}, options);
    for (int step = 0; step < 2; ++step) {
      w.gradient = gradient;
      sgd.step(0.1);
    }
    return std::vector<Tensor>{w.value, w.gradient};
  };
  CHECK(depends_on_threads(two_steps) == "");

  // The same two steps for the last element, in double.
  const double w0 = double{value[100'002]}, g0 = double{gradient[100'002]};
  const double v1 = g0 + 1e-3 * w0, w1 = w0 - 0.1 * (v1 + 0.9 * v1);
  const double g2 = g0 + 1e-3 * w1, v2 = 0.9 * v1 + g2, w2 = w1 - 0.1 * (g2 + 0.9 * v2);
  CHECK(double{two_steps()[0][100'002]} == doctest::Approx(w2).epsilon(1e-6));
}

TEST_CASE("options that make no sense are refused") {
  Parameter w = single(Role::kernel, 1, 0);
  const auto make = [&](SgdOptions options) { return [&w, options] { Sgd({&w}, options); }; };
  const std::string_view momentum = "[sgd] momentum must be in [0, 1): got ";
  const std::string_view rest = "[sgd] weight_decay and beta_factor must not be negative";
  CHECK(error_lacks({momentum, "got 1"}, make({.momentum = 1})) == "");
  CHECK(error_lacks({momentum, "got -0.1"}, make({.momentum = -0.1})) == "");
  CHECK(error_lacks({momentum, "got nan"}, make({.momentum = std::nan("")})) == "");
  CHECK(error_lacks({rest, "got -0.5 and 1"}, make({.weight_decay = -0.5})) == "");
  CHECK(error_lacks({rest, "got 0 and -2"}, make({.beta_factor = -2})) == "");
  CHECK(error_lacks({"[sgd] nesterov needs momentum > 0"}, make({.nesterov = true})) == "");
}

TEST_CASE("a parameter that is not trainable stays as it is, the others go on") {
  Parameter fixed = single(Role::kernel, 1, 4), w = single(Role::kernel, 1, 4);
  fixed.trainable = false;
  Sgd sgd({&fixed, &w}, {.momentum = 0.5, .weight_decay = 0.5});
  sgd.step(0.5);
  CHECK(fixed.value[0] == 1);  // neither the gradient nor the decay
  CHECK(w.value[0] == 1 - Real(0.5) * Real(4.5));
  w.gradient.fill(0);
  sgd.step(0.5);  // with its own velocity: 4.5/2, and its own decay
  CHECK(fixed.value[0] == 1);
  CHECK(w.value[0] == -1.25 - Real(0.5) * (Real(2.25) + Real(0.5) * Real(-1.25)));
}

}  // namespace minitape
