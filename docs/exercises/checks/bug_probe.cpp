#include "check.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "minitape/verify/gradient_check.hpp"
#include "ops/loops.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

// f(x), with the given multiple of its dx.
Var with_dx_times(Var x, Var y, double factor) {
  return x.tape().record("planted", {x, y}, y.value(), [=](const Tensor&, const Tensor& dy) {
    y.add_gradient(map(dy, [=](Real value) { return factor * value; }));
  });
}

// Whether a gradient check of dx passes: 1 or 0.
Tensor passes(const std::function<Var(Var x)>& function) {
  Parameter x("x", Role::kernel, {5, 2});
  for (Index i = 0; i < x.value.size(); ++i) x.value[i] = static_cast<Real>((3 * i * i) % 11);
  const auto on_tape = [&](Tape& tape) { return function(tape.parameter(x)); };
  return Tensor::scalar(check_gradients("function", on_tape, {&x}).passed());
}

Var batch_norm(Var x) {
  Tape& tape = x.tape();
  const Var gamma = tape.constant(Tensor({2}, {2, -0.5})),
            beta = tape.constant(Tensor({2}, {1, 3}));
  return batch_norm_training(x, gamma, beta, 1e-5).y;
}

}  // namespace

int main() {
  return run([] {
    const Tensor yes = Tensor::scalar(1), no = Tensor::scalar(0);
    Check("a check of y = x∘x with its right gradient")
        .expect(
            "passes (1) or not (0)", [&] { return passes([](Var x) { return x * x; }); }, yes);
    Check("a check of y = x∘x with half its gradient")
        .expect(
            "passes (1) or not (0)",
            [&] { return passes([](Var x) { return with_dx_times(x, x * x, 0.5); }); }, no);
    Check("a check of batch norm with its right gradient")
        .expect(
            "passes (1) or not (0)", [&] { return passes(batch_norm); }, yes);
    Check("a check of batch norm that sends nothing back to x: dx = 0")
        .given("x is (5, 2), gamma = 2 and -0.5, beta = 1 and 3.")
        .expect(
            "passes (1) or not (0)",
            [&] { return passes([](Var x) { return with_dx_times(x, batch_norm(x), 0); }); }, no);
    Check("a check of batch norm with twice its gradient")
        .given("x is (5, 2), gamma = 2 and -0.5, beta = 1 and 3.")
        .expect(
            "passes (1) or not (0)",
            [&] { return passes([](Var x) { return with_dx_times(x, batch_norm(x), 2); }); }, no);
  });
}
