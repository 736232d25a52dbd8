// mean_squared_error of ops/arithmetic.hpp

#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"

namespace minitape {

TEST_CASE("mean squared error by hand") {
  // ((1 − 0)² + (2 − 4)² + (3 − 3)² + (4 − 1)²) / 4 = 14/4,  dy = 2·(y − t) / 4
  Tape tape;
  const Var y = tape.variable(Tensor({2, 2}, {1, 2, 3, 4}));
  const Var loss = mean_squared_error(y, Tensor({2, 2}, {0, 4, 3, 1}));
  CHECK(loss.value().item() == 3.5);
  CHECK(loss.shape() == Shape{});
  tape.backward(loss);
  CHECK(mismatch(y.gradient(), Tensor({2, 2}, {0.5, -1, 0, 1.5})) == "");
}

TEST_CASE("gradient of the mean squared error" * double_only()) {
  const Tensor target = random_tensor("target", {3, 4});
  CHECK(wrong_gradients([&](const std::vector<Var>& v) { return mean_squared_error(v[0], target); },
                        {random_tensor("y", {3, 4}, 1, 2)}) == "");
}

TEST_CASE("the error is summed in double: a hundred thousand equal errors keep their mean") {
  Tape tape;
  const Var y = tape.constant(Tensor::full({100'000}, Real(0.1)));
  const Tensor expected = Tensor::scalar(Real(0.1) * Real(0.1));
  CHECK(mismatch(mean_squared_error(y, Tensor::zeros({100'000})).value(), expected, 1e-8) == "");
}

TEST_CASE("the target may be gone when backward runs") {
  Tape tape;
  const Var y = tape.variable(Tensor::scalar(3));
  Tensor target = Tensor::scalar(1);
  const Var loss = mean_squared_error(y, target);
  target = Tensor();
  tape.backward(loss);
  CHECK(y.gradient().item() == 4);
}

TEST_CASE("output and target have the same, non-empty shape") {
  Tape tape;
  const Var y = tape.variable(Tensor::zeros({2, 3})), none = tape.variable(Tensor::zeros({0}));
  CHECK(error_lacks({"[subtract] both operands must have the same shape: (2, 3) and (6)"},
                    [&] { mean_squared_error(y, Tensor::zeros({6})); }) == "");
  CHECK(error_lacks({"[mean] needs at least one element: x is (0)"},
                    [&] { mean_squared_error(none, Tensor::zeros({0})); }) == "");
}

}  // namespace minitape
