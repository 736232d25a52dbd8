// Gradients of a few values, by hand.
#include "check.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

const Tensor kX({2}, {3, 4});

void check_values() {
  {
    Tape tape;
    const Var x = tape.variable(kX);
    Check("one operation: L = Σ x")
        .given("x", kX)
        .mistake("nothing leaves the loss",
                 "the gradient of the loss was not set, or its backward function was not called.",
                 kNothing)
        .mistake("the value of the loss in place of its gradient",
                 "the loss is 7, but its gradient with respect to itself is 1.",
                 Tensor({2}, {7, 7}))
        .expect(
            "∂L/∂x",
            [&] {
              tape.backward(sum(x));
              return gradient_of(x);
            },
            Tensor({2}, {1, 1}));
  }
  Tape tape;
  const Var x = tape.variable(kX), y = x * x;
  y.keep_gradient();
  Check("two operations, and a value that is used twice: y = x∘x, L = Σ y")
      .given("x", kX)
      .given("On the tape: 0 variable x, 1 multiply y, 2 sum L.")
      .mistake("the loop runs from the first node to the last",
               "when it came to y, the gradient of L had not been carried back to y yet. A node's "
               "consumers come first.",
               kNothing)
      .mistake("= for +=",
               "x is used twice, and the second contribution has replaced the first: dx += y's, "
               "not dx = y's.",
               kX)
      .expect(
          "∂L/∂x = 2·x",
          [&] {
            tape.backward(sum(y));
            return gradient_of(x);
          },
          Tensor({2}, {6, 8}));
}

void check_parameter() {
  Parameter p("p", Role::kernel, {2});
  p.value = kX;
  p.gradient.fill(10);
  Tape tape;
  const Var x = tape.parameter(p);
  Check("a parameter that has a gradient from the batch before: L = Σ p∘p")
      .given("p", kX)
      .given("p.gradient before backward", p.gradient)
      .mistake("a parameter's gradient stays on the tape",
               "node.gradient is gone with the tape. A parameter keeps its own, in "
               "node.parameter->gradient.",
               Tensor({2}, {10, 10}))
      .mistake("the gradient that was there is thrown away",
               "backward adds to it. To set it to zero is for the optimizer, after its step.",
               Tensor({2}, {6, 8}))
      .mistake("= for +=", "what was there, and the first contribution of two, were replaced.", kX)
      .expect(
          "p.gradient = 10 + 2·p",
          [&] {
            tape.backward(sum(x * x));
            return p.gradient;
          },
          Tensor({2}, {16, 18}));
}

void check_what_stays() {
  Tape kept;
  const Var x = kept.variable(kX), y = x * x;
  y.keep_gradient();
  Check("keep_gradient: y = x∘x, L = Σ y, and y.keep_gradient() before backward")
      .given("x", kX)
      .mistake("a gradient that was to be kept is moved away",
               "std::move leaves the node without its gradient. Where node.keep is set, hand over "
               "a copy.",
               kNothing)
      .expect(
          "∂L/∂y",
          [&] {
            kept.backward(sum(y));
            return gradient_of(y);
          },
          Tensor({2}, {1, 1}));

  Tape tape;
  const Var v = tape.variable(kX);
  const Var loss = sum(v * v);
  Check("what backward releases: y = x∘x, L = Σ y")
      .given("How many numbers are left afterwards, in the values of x, y and L.")
      .mistake("values in between are not released",
               "y has no consumer left when the loop comes to it. Its memory is free for others.",
               Tensor({3}, {2, 2, 1}))
      .mistake("the values of leaves are released too",
               "node.keep is set for x and for the loss: their values stay.",
               Tensor({3}, {0, 0, 0}))
      .mistake("the loss is released", "who called backward still wants to read it: keep it.",
               Tensor({3}, {2, 0, 0}))
      .expect(
          "sizes",
          [&] {
            tape.backward(loss);
            Tensor sizes = Tensor::zeros({3});
            for (Index i = 0; i < 3; ++i) {
              sizes[i] = static_cast<Real>(tape.nodes()[static_cast<std::size_t>(i)].value.size());
            }
            return sizes;
          },
          Tensor({3}, {2, 0, 1}));
}

void check_what_gets_none() {
  Tape tape;
  const Var images = tape.constant(kX);
  Check("a constant, to which an operation sends a gradient")
      .given("dx", kX)
      .mistake("a constant gets a gradient",
               "where node.needs_gradient is false, nobody will read it.", kX)
      .expect(
          "the gradient of the constant",
          [&] {
            images.add_gradient(kX);
            return gradient_of(images);
          },
          kNothing);

  Tape other;
  const Var a = other.variable(kX), twice = scale(a, 2);
  double calls = 0;
  other.record("off the path", {a}, kX, [&](const Tensor&, const Tensor&) { ++calls; });
  const Var loss = sum(twice);
  Check("an operation whose result the loss does not depend on")
      .mistake("backward functions off the path are called",
               "no gradient has arrived there, so there is nothing to carry back: dy is empty.",
               Tensor::scalar(1))
      .expect(
          "how often its backward function is called",
          [&] {
            other.backward(loss);
            return Tensor::scalar(calls);
          },
          Tensor::scalar(0));

  Tape third;
  const Var z = third.variable(kX);
  Check("a gradient of another shape: x is (2), dx is (3)")
      .mistake("a gradient of another shape is taken",
               "the check that the stub came with is missing.", kNothing)
      .expect_error("add_gradient", [&] { z.add_gradient(Tensor::zeros({3})); });
}

}  // namespace

int main() {
  return run([] {
    check_values();
    check_parameter();
    check_what_stays();
    check_what_gets_none();
  });
}
