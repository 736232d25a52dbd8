#include "check.hpp"

using namespace minitape;
using namespace minitape::exercise;

int main() {
  return run([] {
    const Tensor x({2}, {3, 4});
    Tape tape;
    const Var v = tape.variable(x);
    Check("a variable that is used twice: L = Σ x∘x")
        .given("x", x)
        .expect(
            "∂L/∂x",
            [&] {
              tape.backward(sum(v * v));
              return gradient_of(v);
            },
            Tensor({2}, {6, 8}));

    Parameter p("p", Role::kernel, {2});
    p.value = x;
    const auto batch = [&] {
      Tape step;
      step.backward(sum(scale(step.parameter(p), 2)));
      return p.gradient;
    };
    Check("a parameter that is used once: L = Σ 2·p")
        .given("p", x)
        .expect("p.gradient", batch, Tensor({2}, {2, 2}));
    Check("the same again, without setting the gradient to zero: the sum over two batches")
        .given("p", x)
        .given("p.gradient before", p.gradient)
        .expect("p.gradient", batch, Tensor({2}, {4, 4}));

    p.gradient.fill(0);
    Check("a parameter that is used twice, as by two layers: L = Σ (2·p + 3·p)")
        .given("p", x)
        .expect(
            "p.gradient",
            [&] {
              Tape step;
              step.backward(sum(scale(step.parameter(p), 2) + scale(step.parameter(p), 3)));
              return p.gradient;
            },
            Tensor({2}, {5, 5}));
  });
}
