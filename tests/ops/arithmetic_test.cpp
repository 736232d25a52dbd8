#include "minitape/ops/arithmetic.hpp"

#include "gradients.hpp"

namespace minitape {
namespace {

using Inputs = std::vector<Var>;

}  // namespace

// ---- Examples by hand ----

TEST_CASE("add, subtract, multiply and scale work element by element") {
  Tape tape;
  const Var a = tape.variable(Tensor({2, 2}, {1, 2, 3, 4}));
  const Var b = tape.variable(Tensor({2, 2}, {10, 20, -30, 0.5}));
  CHECK(mismatch(add(a, b).value(), Tensor({2, 2}, {11, 22, -27, 4.5})) == "");
  CHECK(mismatch(subtract(a, b).value(), Tensor({2, 2}, {-9, -18, 33, 3.5})) == "");
  CHECK(mismatch(multiply(a, b).value(), Tensor({2, 2}, {10, 40, -90, 2})) == "");
  CHECK(mismatch(scale(a, -2).value(), Tensor({2, 2}, {-2, -4, -6, -8})) == "");
}

TEST_CASE("the operators are the functions") {
  Tape tape;
  const Var a = tape.variable(Tensor({2}, {1, 2})), b = tape.variable(Tensor({2}, {5, 7}));
  CHECK(mismatch((a + b).value(), Tensor({2}, {6, 9})) == "");
  CHECK(mismatch((a - b).value(), Tensor({2}, {-4, -5})) == "");
  CHECK(mismatch((a * b).value(), Tensor({2}, {5, 14})) == "");
  CHECK(mismatch((3 * a).value(), Tensor({2}, {3, 6})) == "");
}

TEST_CASE("gradients of sum(3·(a·b − a) + b) by hand") {
  // ∂/∂a = 3·(b − 1),  ∂/∂b = 3·a + 1
  Tape tape;
  const Var a = tape.variable(Tensor({2}, {1, 2})), b = tape.variable(Tensor({2}, {5, 7}));
  const Var loss = sum(3 * (a * b - a) + b);
  CHECK(loss.value().item() == 3 * (5 - 1) + 5 + 3 * (14 - 2) + 7);
  tape.backward(loss);
  CHECK(mismatch(a.gradient(), Tensor({2}, {12, 18})) == "");
  CHECK(mismatch(b.gradient(), Tensor({2}, {4, 7})) == "");
}

TEST_CASE("one value as both operands") {
  Tape tape;
  const Var x = tape.variable(Tensor({2}, {3, -5}));
  const Var loss = sum(add(x, x)) + sum(subtract(x, x)) + sum(multiply(x, x));
  CHECK(loss.value().item() == -4 + 0 + 34);
  tape.backward(loss);
  CHECK(mismatch(x.gradient(), Tensor({2}, {2 + 0 + 6, 2 + 0 - 10})) == "");
}

TEST_CASE("sum and mean give scalars") {
  Tape tape;
  const Var x = tape.variable(Tensor({2, 2}, {1, 2, 3, 6}));
  CHECK(sum(x).value().item() == 12);
  CHECK(mean(x).value().item() == 3);
  CHECK(mean(x).shape() == Shape{});
  tape.backward(sum(x) + 2 * mean(x));  // 1 + 2/4 everywhere
  CHECK(mismatch(x.gradient(), Tensor::full({2, 2}, 1.5)) == "");
}

TEST_CASE("a long sum is exact to float's last digit: it is taken in double, chunk by chunk") {
  const Index n = 10 * kElementGrain + 1;
  Tape tape;
  const Var x = tape.constant(Tensor::full({n}, Real(0.1)));
  const Real expected = static_cast<Real>(static_cast<double>(n) * double{Real(0.1)});
  CHECK(mismatch(sum(x).value(), Tensor::scalar(expected), 1e-7) == "");
  CHECK(mismatch(mean(x).value(), Tensor::scalar(Real(0.1)), 1e-8) == "");
}

TEST_CASE("sum and mean have the same bits with 1, 2 and 3 threads") {
  const Tensor x = random_tensor("x", {20 * kElementGrain + 1});
  CHECK(depends_on_threads([&] {
          Tape tape;
          const Var v = tape.constant(x);
          return std::vector<Tensor>{sum(v).value(), mean(v).value()};
        }) == "");
}

TEST_CASE("reshape and flatten keep the order of the elements, forward and backward") {
  Tape tape;
  const Var x = tape.variable(random_tensor("x", {2, 3, 4, 5}));
  CHECK(different_bits(flatten(x).value(), x.value().reshaped({2, 60})) == "");
  const Tensor weights = random_tensor("weights", {6, 20});
  tape.backward(sum(reshape(x, {6, 20}) * tape.constant(weights)));
  CHECK(different_bits(x.gradient(), weights.reshaped({2, 3, 4, 5})) == "");
}

TEST_CASE("flatten keeps the batch axis, also of an empty batch and of a vector") {
  Tape tape;
  CHECK(flatten(tape.constant(Tensor::zeros({0, 2, 3}))).shape() == Shape{0, 6});
  CHECK(flatten(tape.constant(Tensor::zeros({4}))).shape() == Shape{4, 1});
}

TEST_CASE("matmul by hand") {
  // (1 2 3)   (1 0)   (14  2)         dA = dy·Bᵀ, dB = Aᵀ·dy with dy = 1 everywhere
  // (4 5 6) · (2 1) = (32  5)
  //           (3 0)
  Tape tape;
  const Var a = tape.variable(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  const Var b = tape.variable(Tensor({3, 2}, {1, 0, 2, 1, 3, 0}));
  const Var y = matmul(a, b);
  CHECK(mismatch(y.value(), Tensor({2, 2}, {14, 2, 32, 5})) == "");
  tape.backward(sum(y));
  CHECK(mismatch(a.gradient(), Tensor({2, 3}, {1, 3, 3, 1, 3, 3})) == "");
  CHECK(mismatch(b.gradient(), Tensor({3, 2}, {5, 5, 7, 7, 9, 9})) == "");
}

TEST_CASE("an operand gets the same gradient when the other one is a constant") {
  const Tensor value({2, 2}, {1, 2, 3, 4});
  for (auto* const operation : {&add, &subtract, &multiply, &matmul}) {
    Tape both;
    const Var u = both.variable(value), v = both.variable(value);
    both.backward(sum(operation(u, v)));
    for (const bool first : {true, false}) {
      Tape tape;
      const Var constant = tape.constant(value), variable = tape.variable(value);
      tape.backward(sum(first ? operation(variable, constant) : operation(constant, variable)));
      CHECK(different_bits(variable.gradient(), (first ? u : v).gradient()) == "");
      CHECK_THROWS_AS(constant.gradient(), Error);
    }
  }
}

// ---- Gradient checks ----

TEST_CASE("gradients of the elementwise operations" * double_only()) {
  const std::vector<Tensor> ab{random_tensor("a", {3, 4}), random_tensor("b", {3, 4})};
  CHECK(wrong_gradients([](const Inputs& v) { return add(v[0], v[1]); }, ab) == "");
  CHECK(wrong_gradients([](const Inputs& v) { return subtract(v[0], v[1]); }, ab) == "");
  CHECK(wrong_gradients([](const Inputs& v) { return multiply(v[0], v[1]); }, ab) == "");
  CHECK(wrong_gradients([](const Inputs& v) { return scale(v[0], Real(-2.5)); }, {ab[0]}) == "");
}

TEST_CASE("gradients of sums, reshapes and products of matrices" * double_only()) {
  const Tensor a = random_tensor("a", {3, 4}), b = random_tensor("b", {4, 2});
  CHECK(wrong_gradients([](const Inputs& v) { return sum(v[0]); }, {a}) == "");
  CHECK(wrong_gradients([](const Inputs& v) { return mean(v[0]); }, {a}) == "");
  CHECK(wrong_gradients([](const Inputs& v) { return reshape(v[0], {2, 6}); }, {a}) == "");
  CHECK(wrong_gradients([](const Inputs& v) { return matmul(v[0], v[1]); }, {a, b}) == "");
}

TEST_CASE("gradient of a residual sum: x + f(x) uses x twice" * double_only()) {
  const auto residual = [](const Inputs& v) { return v[0] + matmul(v[0], v[1]) * v[0]; };
  CHECK(wrong_gradients(residual, {random_tensor("x", {3, 4}), random_tensor("w", {4, 4})}) == "");
}

// ---- Errors ----

TEST_CASE("operands of different shapes are refused") {
  Tape tape;
  const Var a = tape.variable(Tensor::zeros({2, 3})), b = tape.variable(Tensor::zeros({3, 2}));
  const std::string_view rest = "both operands must have the same shape: (2, 3) and (3, 2)";
  CHECK(error_lacks({"[add] ", rest}, [&] { add(a, b); }) == "");
  CHECK(error_lacks({"[subtract] ", rest}, [&] { subtract(a, b); }) == "");
  CHECK(error_lacks({"[multiply] ", rest}, [&] { multiply(a, b); }) == "");
}

TEST_CASE("nothing is broadcast: a row is not added to a matrix") {
  Tape tape;
  const Var a = tape.variable(Tensor::zeros({2, 3})), row = tape.variable(Tensor::zeros({3}));
  CHECK(error_lacks({"(2, 3) and (3)"}, [&] { add(a, row); }) == "");
}

TEST_CASE("matmul needs matrices whose inner sizes match") {
  Tape tape;
  const Var a = tape.variable(Tensor::zeros({2, 3})), b = tape.variable(Tensor::zeros({2, 3}));
  CHECK(error_lacks({"[matmul] needs (M, K) and (K, N): got (2, 3) and (2, 3)"},
                    [&] { matmul(a, b); }) == "");
  const Var vector = tape.variable(Tensor::zeros({3}));
  CHECK(error_lacks({"got (2, 3) and (3)"}, [&] { matmul(a, vector); }) == "");
}

TEST_CASE("reshape keeps the size, mean needs an element, flatten a batch axis") {
  Tape tape;
  const Var x = tape.variable(Tensor::zeros({2, 3})), none = tape.variable(Tensor::zeros({0, 3}));
  CHECK(error_lacks({"[reshape] the number of elements must stay the same: (2, 3) has 6, (5) has "
                     "5"},
                    [&] { reshape(x, {5}); }) == "");
  CHECK(error_lacks({"[mean] needs at least one element: x is (0, 3)"}, [&] { mean(none); }) == "");
  CHECK(sum(none).value().item() == 0);
  CHECK(error_lacks({"[flatten] needs a batch axis: x is ()"}, [&] { flatten(sum(x)); }) == "");
}

}  // namespace minitape
