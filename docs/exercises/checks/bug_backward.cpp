#include "check.hpp"
#include "minitape/ops/batch_norm.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

// dx of L = Σ dy·y from backward against differences.
void check_dx(const std::string& title, const Shape& shape) {
  Tensor x = Tensor::uninitialized(shape), dy = x;
  for (Index i = 0; i < x.size(); ++i) {
    x[i] = static_cast<Real>((3 * i * i) % 11);
    dy[i] = static_cast<Real>((5 * i * i + i) % 7 - 3);
  }
  const Tensor gamma({2}, {2, -0.5}), beta({2}, {1, 3});
  const auto record = [&](Tape& tape, Var input) {
    const Var y = batch_norm_training(input, tape.constant(gamma), tape.constant(beta), 0.5).y;
    return sum(y * tape.constant(dy));
  };
  const auto loss = [&](const Tensor& moved) {
    Tape tape;
    return double{record(tape, tape.variable(moved)).value().item()};
  };
  Check(title)
      .given("x", x)
      .given("dy", dy)
      .given("gamma = 2 and -0.5, ε = 0.5")
      .expect(
          "dx by differences",
          [&] {
            Tape tape;
            const Var input = tape.variable(x);
            tape.backward(record(tape, input));
            return gradient_of(input);
          },
          differences(loss, x), 1e-6);
}

}  // namespace

int main() {
  return run([] {
    check_dx("dx of rows, (N, C) = (5, 2)", {5, 2});
    check_dx("dx of images of one pixel, (4, 1, 1, 2)", {4, 1, 1, 2});
    check_dx("dx of images of 2×1 pixels, (2, 2, 1, 2)", {2, 2, 1, 2});
    check_dx("dx of images of 3×2 pixels, (2, 3, 2, 2)", {2, 3, 2, 2});
  });
}
