// Gradient checks of right and wrong backward functions: what finds a mistake and what does not.
#include <cstdio>

#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "minitape/verify/gradient_check.hpp"

using namespace minitape;

Parameter random_parameter(const std::string& name, const Shape& shape) {
  Parameter parameter(name, Role::kernel, shape);
  Random random = stream(3, name);
  for (Real& value : parameter.value.values()) value = static_cast<Real>(random.normal());
  return parameter;
}

// y = x², whose backward multiplies dy by factor·x. Right is 2.
Var square(Var x, Real factor) {
  return x.tape().record("square", {x}, (x * x).value(), [=](const Tensor&, Tensor dy) {
    for (Index i = 0; i < dy.size(); ++i) dy[i] *= factor * x.value()[i];
    x.add_gradient(std::move(dy));
  });
}

// The check of x² with batch norm after it, or alone.
void check(const std::string& name, Index rows, Real factor, bool batch_norm, Probe probe) {
  Parameter x = random_parameter("x", {rows, 3});
  Parameter gamma = random_parameter("gamma", {3}), beta = random_parameter("beta", {3});
  const auto function = [&](Tape& tape) {
    const Var y = square(tape.parameter(x), factor);
    if (!batch_norm) return y;
    return batch_norm_training(y, tape.parameter(gamma), tape.parameter(beta), Real(1e-5)).y;
  };
  const GradientReport report = check_gradients("x", function, {&x}, {.probe = probe});
  const GradientCheckRow& row = report.rows[0];
  const auto verdict = [&](double tolerance) { return row.passed(tolerance) ? "passes" : "fails"; };
  std::printf("%-32s %-14.1e %-10.1e %-7s %s\n", name.c_str(), row.largest, row.error,
              verdict(1e-6), verdict(1e-3));
}

int main() {
  std::printf("%-32s %-14s %-10s %-7s %s\n", "x squared", "largest slope", "error", "1e-6", "1e-3");
  check("right, 5 rows", 5, 2, false, Probe::random);
  check("wrong, 5 rows", 5, 1, false, Probe::random);
  std::printf("with batch norm after it\n");
  check("right, 5 rows, random weights", 5, 2, true, Probe::random);
  check("wrong, 5 rows, random weights", 5, 1, true, Probe::random);
  check("wrong, 5 rows, plain sum", 5, 1, true, Probe::sum);
  check("wrong, 5 rows, sum of squares", 5, 1, true, Probe::squares);
  check("wrong, 2 rows, random weights", 2, 1, true, Probe::random);
}
