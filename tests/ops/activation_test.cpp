#include "minitape/ops/activation.hpp"

#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"

namespace minitape {
namespace {

using Inputs = std::vector<Var>;
using OnTape = Var (*)(Var);
using Plain = Tensor (*)(const Tensor&);

struct Named {
  const char* name;
  OnTape on_tape;
  Plain plain;
};

const std::vector<Named>& activations() {
  static const std::vector<Named> all{
      {"relu", relu, relu},
      {"leaky_relu", [](Var x) { return leaky_relu(x, Real(0.25)); },
       [](const Tensor& x) { return leaky_relu(x, Real(0.25)); }},
      {"sigmoid", sigmoid, sigmoid},
      {"tanh", minitape::tanh, minitape::tanh}};
  return all;
}

// The gradient of Σ f(x).
Tensor slopes(OnTape function, const Tensor& x) {
  Tape tape;
  const Var v = tape.variable(x);
  tape.backward(sum(function(v)));
  return v.gradient();
}

}  // namespace

TEST_CASE("relu by hand, with slope 0 at its corner") {
  const Tensor x({4}, {-2, 0, 0.5, 3});
  CHECK(mismatch(relu(x), Tensor({4}, {0, 0, 0.5, 3})) == "");
  CHECK(mismatch(slopes(relu, x), Tensor({4}, {0, 0, 1, 1})) == "");
}

TEST_CASE("leaky relu by hand, with its own slope at the corner") {
  const Tensor x({4}, {-2, 0, 0.5, 3});
  CHECK(mismatch(leaky_relu(x, Real(0.25)), Tensor({4}, {-0.5, 0, 0.5, 3})) == "");
  CHECK(mismatch(slopes(activations()[1].on_tape, x), Tensor({4}, {0.25, 0.25, 1, 1})) == "");
  CHECK(mismatch(leaky_relu(x, 0), relu(x)) == "");
}

TEST_CASE("sigmoid by hand") {
  // 1 / (1 + e^−ln 3) = 3/4, and the slope is y·(1 − y)
  const Tensor x = numbers({3}, {0, std::log(3.0), -std::log(3.0)});
  CHECK(mismatch(sigmoid(x), Tensor({3}, {0.5, 0.75, 0.25})) == "");
  CHECK(mismatch(slopes(sigmoid, x), Tensor({3}, {0.25, 0.1875, 0.1875})) == "");
}

TEST_CASE("tanh by hand") {
  // tanh(ln 3 / 2) = (3 − 1) / (3 + 1) = 1/2, and the slope is 1 − y²
  const Tensor x = numbers({3}, {0, std::log(3.0) / 2, -std::log(3.0) / 2});
  CHECK(mismatch(minitape::tanh(x), Tensor({3}, {0, 0.5, -0.5})) == "");
  CHECK(mismatch(slopes(minitape::tanh, x), Tensor({3}, {1, 0.75, 0.75})) == "");
}

TEST_CASE("sigmoid and tanh stay finite for inputs of ±10000") {
  const Tensor x({2}, {-10'000, 10'000});
  CHECK(mismatch(sigmoid(x), Tensor({2}, {0, 1})) == "");
  CHECK(mismatch(minitape::tanh(x), Tensor({2}, {-1, 1})) == "");
  CHECK(mismatch(slopes(sigmoid, x), Tensor({2}, {0, 0})) == "");
  CHECK(mismatch(slopes(minitape::tanh, x), Tensor({2}, {0, 0})) == "");
}

TEST_CASE("a NaN stays a NaN, so that values that have gone wrong are not hidden") {
  const Tensor x({1}, {std::numeric_limits<Real>::quiet_NaN()});
  for (const Named& activation : activations()) {
    CAPTURE(activation.name);
    CHECK(std::isnan(activation.plain(x)[0]));
  }
}

TEST_CASE("an infinite gradient is kept where relu is open and stopped where it is closed") {
  Tape tape;
  const Var x = tape.variable(numbers({2}, {1, -1}));
  const double infinity = std::numeric_limits<double>::infinity();
  tape.backward(sum(relu(x) * tape.constant(numbers({2}, {infinity, infinity}))));
  CHECK(std::isinf(x.gradient()[0]));
  CHECK(x.gradient()[1] == 0);
}

TEST_CASE("activations give the same bits on the tape and without it, across chunks") {
  const Tensor x = random_tensor("x", {2 * kElementGrain + 5}, 0, 3);
  for (const Named& activation : activations()) {
    Tape tape;
    CAPTURE(activation.name);
    CHECK(different_bits(activation.on_tape(tape.constant(x)).value(), activation.plain(x)) == "");
    CHECK(tape.nodes().back().operation == activation.name);
  }
}

TEST_CASE("gradients of the activations" * double_only()) {
  for (const Named& activation : activations()) {
    CAPTURE(activation.name);
    CHECK(wrong_gradients([&](const Inputs& v) { return activation.on_tape(v[0]); },
                          {random_tensor("x", {3, 5, 4, 2}, 0, 2)}) == "");
  }
}

TEST_CASE("leaky relu refuses a negative slope") {
  Tape tape;
  const Var x = tape.variable(Tensor::zeros({2}));
  CHECK(error_lacks({"[leaky_relu] the slope must not be negative: got -0.5"},
                    [&] { leaky_relu(x, Real(-0.5)); }) == "");
  CHECK(error_lacks({"[leaky_relu]"}, [&] { leaky_relu(x.value(), Real(-0.5)); }) == "");
}

}  // namespace minitape
