#include "minitape/nn/simple_layers.hpp"

#include "layer_testing.hpp"
#include "minitape/ops/activation.hpp"

namespace minitape {
namespace {

// Shapes, inference and, in double, gradients of a layer.
std::string problems(Layer& layer, const Shape& example) {
  const Tensor x = random_tensor("x", example.with_batch(3));
  std::string text = shape_differs(layer, example) + inference_differs(layer, x);
  if (sizeof(Real) == sizeof(double)) text += wrong_gradients(layer, x, Mode::training);
  return text;
}

}  // namespace

TEST_CASE("activation layers are their operations") {
  const Tensor x({1, 4}, {-2, -0.5, 0.5, 2});
  CHECK(different_bits(Activation(Activation::relu).predict(x), relu(x)) == "");
  CHECK(different_bits(Activation(Activation::leaky_relu).predict(x), leaky_relu(x, Real(0.01))) ==
        "");
  CHECK(different_bits(Activation(Activation::leaky_relu, 0.25).predict(x),
                       leaky_relu(x, Real(0.25))) == "");
  CHECK(different_bits(Activation(Activation::sigmoid).predict(x), sigmoid(x)) == "");
  CHECK(different_bits(Activation(Activation::tanh).predict(x), minitape::tanh(x)) == "");
}

TEST_CASE("activation layers keep the shape and go by their names") {
  for (const auto& [kind, type] : {std::pair{Activation::relu, "relu"},
                                   {Activation::leaky_relu, "leaky_relu"},
                                   {Activation::sigmoid, "sigmoid"},
                                   {Activation::tanh, "tanh"}}) {
    Activation layer(kind);
    CHECK(layer.type() == type);
    CHECK(problems(layer, {5, 4, 2}) == "");
    CHECK(layer.output_shape({7}) == Shape{7});
    CHECK(layer.state().parameters.empty());
  }
}

TEST_CASE("pool layers are their operations") {
  Pool most(Pool::max, {3, 2, Padding::same()}), mean(Pool::avg, {3, 1});
  CHECK(most.type() == "max_pool");
  CHECK(mean.type() == "avg_pool");
  CHECK(problems(most, {5, 4, 2}) == "");
  CHECK(problems(mean, {5, 4, 2}) == "");
  CHECK(most.output_shape({5, 4, 2}) == Shape{3, 2, 2});
  CHECK(mean.output_shape({5, 4, 2}) == Shape{3, 2, 2});
  const Tensor x({1, 2, 2, 1}, {1, 2, 3, 6});
  CHECK(Pool(Pool::max, {2}).predict(x).item() == 6);
  CHECK(Pool(Pool::avg, {2}).predict(x).item() == 3);
}

TEST_CASE("a global average pool turns images into vectors") {
  GlobalAvgPool layer;
  CHECK(layer.type() == "global_avg_pool");
  CHECK(problems(layer, {5, 4, 2}) == "");
  CHECK(layer.output_shape({5, 4, 2}) == Shape{2});
}

TEST_CASE("flatten turns examples into vectors") {
  Flatten layer;
  CHECK(layer.type() == "flatten");
  CHECK(problems(layer, {5, 4, 2}) == "");
  CHECK(layer.output_shape({5, 4, 2}) == Shape{40});
  CHECK(layer.predict(Tensor::zeros({0, 5, 4})).shape() == Shape{0, 20});
}

TEST_CASE("layers on images refuse vectors") {
  CHECK(error_lacks({"[max_pool] takes images (H, W, C): the layer before gives (100)"},
                    [] { Pool(Pool::max, {}).output_shape({100}); }) == "");
  CHECK(error_lacks({"[avg_pool] takes images"}, [] { Pool(Pool::avg, {}).output_shape({100}); }) ==
        "");
  CHECK(error_lacks({"[global_avg_pool] takes images (H, W, C): the layer before gives (100)"},
                    [] { GlobalAvgPool().output_shape({100}); }) == "");
  CHECK(error_lacks({"[max_pool] the window must fit"}, [] {
          Pool(Pool::max, {3}).output_shape({2, 5, 1});
        }) == "");
}

// ---- Dropout ----

TEST_CASE("dropout acts in training and does nothing in inference") {
  Dropout layer(0.5);
  layer.initialize(1);
  CHECK(layer.type() == "dropout");
  CHECK(problems(layer, {5, 4, 2}) == "");
  const Tensor x = random_tensor("x", {3, 5, 4, 2});
  CHECK(different_bits(layer.predict(x), x) == "");
  Tape tape;
  const Tensor y = layer.forward(tape.constant(x), Mode::training).value();
  CHECK(std::count(y.values().begin(), y.values().end(), Real(0)) > 30);  // of 120
}

TEST_CASE("every step draws a new mask, and a restored counter continues the sequence") {
  const Tensor x = Tensor::full({4, 25}, 1);
  const auto mask = [&](Dropout& layer) {
    Tape tape;
    return layer.forward(tape.constant(x), Mode::training).value();
  };
  Dropout layer(0.5), again(0.5), resumed(0.5), other(0.5);
  layer.initialize(1);
  again.initialize(1);
  resumed.initialize(1);
  other.initialize(2);
  const Tensor first = mask(layer), second = mask(layer);
  CHECK(different_bits(first, second) != "");
  CHECK(different_bits(mask(again), first) == "");
  CHECK(different_bits(mask(other), first) != "");
  CHECK(layer.state().counters[0]->value == 2);
  resumed.state().counters[0]->value = 1;
  CHECK(different_bits(mask(resumed), second) == "");
  layer.initialize(1);
  CHECK(different_bits(mask(layer), first) == "");
}

TEST_CASE("two dropout layers of a model draw different masks") {
  const Tensor x = Tensor::full({4, 25}, 1);
  Dropout first(0.5), second(0.5);
  first.add_prefix("2.dropout");
  second.add_prefix("5.dropout");
  Tape tape;
  const Var a = first.forward(tape.constant(x), Mode::training);
  const Var b = second.forward(tape.constant(x), Mode::training);
  CHECK(different_bits(a.value(), b.value()) != "");
}

TEST_CASE("a dropout layer checks its rate") {
  CHECK(error_lacks({"[dropout] the rate must be in [0, 1): got 1"}, [] { Dropout(1); }) == "");
  CHECK(error_lacks({"got -0.5"}, [] { Dropout(-0.5); }) == "");
}

}  // namespace minitape
