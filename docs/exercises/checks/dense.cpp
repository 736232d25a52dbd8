// Two inputs, two outputs: a product with the wrong matrix transposed has the right shape.
#include "minitape/ops/dense.hpp"
#include "check.hpp"
#include "core/blas.hpp"
#include "ops/loops.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

const Tensor kX({3, 2}, {1, 2, 3, 4, 5, 7}), kW({2, 2}, {1, -1, 2, 3}), kB({2}, {10, 20});
const Tensor kR({3, 2}, {1, 0, 2, 1, -1, 3});  // dy

void check_forward() {
  const auto with_bias = [](Tensor y) {
    add_to_rows(y, kB);
    return y;
  };
  const MatrixView x = matrix(kX), w = matrix(kW);
  Check("forward: y = x·W + b")
      .given("x", kX)
      .given("W", kW)
      .given("b", kB)
      .mistake("the bias is forgotten", "that is x·W alone.", product(x, w))
      .mistake("the kernel is transposed",
               "that is x·Wᵀ + b. The kernel is (in, out): x·W needs no transpose.",
               with_bias(product(x, w.transposed())))
      .expect(
          "y", [] { return dense(kX, kW, &kB); }, with_bias(product(x, w)));
  Check("forward without a bias: y = x·W")
      .given("x", kX)
      .given("W", kW)
      .expect(
          "y", [] { return dense(kX, kW, nullptr); }, product(x, w));
}

void check_backward() {
  Tape tape;
  const Var x = tape.variable(kX), w = tape.variable(kW), b = tape.variable(kB);
  const auto check = [](const std::string& title) {
    return Check(title).given("x", kX).given("W", kW).given("dy", kR);
  };
  check("backward: the gradient of the bias")
      .mistake("the bias gets no gradient", "bias->add_gradient(…) was not called.", kNothing)
      .mistake("a mean in place of the sum",
               "that is Σ dy / N. A mean over the batch is in dy already, where the loss is one.",
               Tensor({2}, {2.0 / 3, 4.0 / 3}))
      .mistake("= for +=", "that is the last row of dy. Each row adds its part.",
               Tensor({2}, {-1, 3}))
      .expect(
          "db = Σ dy over the rows",
          [&] {
            tape.backward(sum(dense(x, w, b) * tape.constant(kR)));
            return gradient_of(b);
          },
          Tensor({2}, {2, 4}));

  const MatrixView x_rows = matrix(kX), dy = matrix(kR);
  const Tensor dw = product(x_rows.transposed(), dy);
  check("backward: the gradient of the kernel")
      .mistake("the kernel gets no gradient", "kernel.add_gradient(…) was not called.", kNothing)
      .mistake("the product is transposed",
               "that is dyᵀ·x, of shape (out, in). The gradient has the kernel's shape (in, out).",
               product(dy.transposed(), x_rows))
      .mistake("a mean in place of the sum",
               "that is xᵀ·dy / N. A mean over the batch is in dy already, where the loss is one.",
               map(dw, [](Real value) { return value / 3; }))
      .expect(
          "dW = xᵀ·dy", [&] { return gradient_of(w); }, dw);

  check("backward: the gradient of the input")
      .mistake("the input gets no gradient", "x.add_gradient(…) was not called.", kNothing)
      .mistake("the kernel is not transposed", "that is dy·W. Forward was x·W, back goes dy·Wᵀ.",
               product(dy, matrix(kW)))
      .expect(
          "dx = dy·Wᵀ", [&] { return gradient_of(x); }, product(dy, matrix(kW).transposed()));

  Tape other;
  const Var images = other.constant(kX), kernel = other.variable(kW);
  check("backward without a bias, of images that need no gradient")
      .expect(
          "dW = xᵀ·dy",
          [&] {
            other.backward(sum(dense(images, kernel, std::nullopt) * other.constant(kR)));
            return gradient_of(kernel);
          },
          dw);
}

}  // namespace

int main() {
  return run([] {
    check_forward();
    check_backward();
  });
}
