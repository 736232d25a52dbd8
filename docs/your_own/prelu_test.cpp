#include "prelu.hpp"

#include "minitape/nn/sequential.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/optim/sgd.hpp"
#include "nn/layer_testing.hpp"

namespace minitape {

TEST_CASE("prelu by hand: two channels with slopes of their own, backward too") {
  Tape tape;
  const Var x = tape.variable(Tensor({3, 2}, {-2, -2, 0, 0, 3, 3}));
  const Var slope = tape.variable(numbers({2}, {0.5, -1}));
  const Var y = prelu(x, slope);
  CHECK(mismatch(y.value(), Tensor({3, 2}, {-1, 2, 0, 0, 3, 3})) == "");
  const Tensor dy({3, 2}, {1, 10, 1, 10, 1, 10});
  tape.backward(sum(y * tape.constant(dy)));
  CHECK(mismatch(x.gradient(), Tensor({3, 2}, {0.5, -10, 0.5, -10, 1, 10})) == "");
  CHECK(mismatch(slope.gradient(), Tensor({2}, {-2, -20})) == "");
}

TEST_CASE("gradients of prelu, for both of its inputs" * double_only()) {
  for (const Shape& shape : {Shape{7, 3}, Shape{3, 5, 4, 2}}) {
    CHECK(wrong_gradients(
              [](const std::vector<Var>& v) { return prelu(v[0], v[1]); },
              {random_tensor("x", shape, 0, 2), random_tensor("slope", {shape.channels()})}) == "");
  }
}

TEST_CASE("a prelu layer keeps the shape, predicts what it trains, and has a gradient") {
  PRelu layer(2);
  randomize(layer);
  const Tensor x = random_tensor("x", {3, 5, 4, 2});
  CHECK(shape_differs(layer, {5, 4, 2}) == "");
  CHECK(inference_differs(layer, x) == "");
  if (sizeof(Real) == sizeof(double)) CHECK(wrong_gradients(layer, x, Mode::training) == "");
}

TEST_CASE("prelu has the same bits with 1, 2 and 3 threads") {
  const Tensor x = random_tensor("x", {9001, 4}), slope = random_tensor("slope", {4});
  CHECK(depends_on_threads([&] {
          Tape tape;
          const Var vx = tape.variable(x), vslope = tape.variable(slope);
          const Var y = prelu(vx, vslope);
          const Tensor result = y.value();
          tape.backward(sum(y * y));
          return std::vector<Tensor>{result, vx.gradient(), vslope.gradient()};
        }) == "");
}

TEST_CASE("a NaN stays a NaN") {
  CHECK(std::isnan(prelu(numbers({1, 1}, {kNaN}), Tensor({1}, {0}))[0]));
}

TEST_CASE("prelu says what does not fit") {
  CHECK(error_lacks(
            {"[prelu] the slope must have one value per channel: x is (2, 3), slope is (2)"}, [] {
              prelu(Tensor::zeros({2, 3}), Tensor::zeros({2}));
            }) == "");
  CHECK(error_lacks({"[prelu] was made for 3 channels: the layer before gives (5, 4, 2)"}, [] {
          PRelu(3).output_shape({5, 4, 2});
        }) == "");
}

TEST_CASE("a slope is no kernel: it starts at 0.25 and weight decay leaves it alone") {
  PRelu layer(2);
  layer.initialize(1);
  Sgd sgd(layer.state().parameters, {.weight_decay = 0.1});
  sgd.step(1);
  CHECK(different_bits(layer.state().parameters[0]->value, numbers({2}, {0.25, 0.25})) == "");
}

TEST_CASE("what turns x into |x| is learnt: slope -1") {
  Sequential model;
  model.add<PRelu>(1);
  model.initialize(1);
  const Tensor x({4, 1}, {-2, -1, 1, 2}), target({4, 1}, {2, 1, 1, 2});
  Sgd sgd(model.state().parameters, {});
  Tape tape;
  for (int step = 0; step < 100; ++step) {
    tape.clear();
    const Var y = model.forward(tape.constant(x), Mode::training);
    tape.backward(mean_squared_error(y, target));
    sgd.step(0.2);
  }
  CHECK(mismatch(model.predict(x), target) == "");
  CHECK(mismatch(model.state().parameters[0]->value, Tensor({1}, {-1})) == "");
  CHECK(model.state().parameters[0]->name == "0.prelu.slope");
}

}  // namespace minitape
