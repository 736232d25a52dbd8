#include "minitape/recipe/layers.hpp"

#include <cmath>
#include <numbers>

#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"

namespace minitape {
namespace {

using Inputs = std::vector<Var>;

}  // namespace

TEST_CASE("gelu: the approximation by tanh, close to x times the normal cumulative function") {
  for (const double x : {-6.0, -2.0, -0.7, 0.0, 0.1, 1.0, 3.0, 8.0}) {
    const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
    const double exact = x * 0.5 * std::erfc(-x / std::numbers::sqrt2);
    const double y = double{gelu(numbers({1}, {x})).item()};
    CAPTURE(x);
    CHECK(std::abs(y - 0.5 * x * (1 + std::tanh(u))) < kRounding);
    CHECK(std::abs(y - exact) < 5e-4);
  }
}

TEST_CASE("gelu: large numbers go through, or close to 0, and a NaN stays a NaN") {
  const Tensor y = gelu(numbers({3}, {-1e6, 1e6, kNaN}));
  CHECK(std::abs(y[0]) < Real(1e-30));
  CHECK(y[1] == Real(1e6));
  CHECK(std::isnan(y[2]));
}

TEST_CASE("gradients of gelu" * double_only()) {
  const auto function = [](const Inputs& in) { return sum(gelu(in[0]) * in[1]); };
  CHECK(wrong_gradients(function, {random_tensor("x", {4, 9}, 0, 2), random_tensor("w", {4, 9})}) ==
        "");
}

TEST_CASE("scale multiplies, forward, backward and in prediction") {
  Scale layer(-2.5);
  const Tensor x({2, 2}, {1, -2, 0, 4}), expected({2, 2}, {-2.5, 5, 0, -10});
  Tape tape;
  const Var in = tape.variable(x), y = layer.forward(in, Mode::training);
  CHECK(mismatch(y.value(), expected) == "");
  CHECK(mismatch(layer.predict(x), expected) == "");
  tape.backward(sum(y));
  CHECK(mismatch(in.gradient(), Tensor::full({2, 2}, Real(-2.5))) == "");
}

TEST_CASE("gelu and scale keep the shape, and are named as configs name them") {
  CHECK(Gelu().output_shape({4, 5, 6}) == Shape{4, 5, 6});
  CHECK(Scale(2).output_shape({10}) == Shape{10});
  CHECK(Gelu().clone()->type() == "gelu");
  CHECK(Scale(2).clone()->type() == "scale");
}

}  // namespace minitape
