// Dense and Conv2D: the layers that own a kernel and perhaps a bias.

#include "layer_testing.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/dense.hpp"

namespace minitape {
namespace {

std::vector<std::string> names(Layer& layer) {
  std::vector<std::string> result;
  for (const Parameter* parameter : layer.state().parameters) result.push_back(parameter->name);
  return result;
}

}  // namespace

// ---- Dense ----

TEST_CASE("a dense layer by hand") {
  Dense layer(2, 3);
  const LayerState state = layer.state();
  state.parameters[0]->value = Tensor({2, 3}, {1, 2, 3, 10, 20, 30});
  state.parameters[1]->value = Tensor({3}, {100, 200, 300});
  // (1, 2)·W + b = (21 + 100, 42 + 200, 63 + 300)
  CHECK(mismatch(layer.predict(Tensor({1, 2}, {1, 2})), Tensor({1, 3}, {121, 242, 363})) == "");
  CHECK(layer.type() == "dense");
  CHECK(layer.output_shape({2}) == Shape{3});
}

TEST_CASE("a dense layer owns a kernel and, unless told otherwise, a bias") {
  Dense layer(2, 3), bare(2, 3, {.bias = false});
  const LayerState state = layer.state();
  CHECK(names(layer) == std::vector<std::string>{"kernel", "bias"});
  CHECK(state.parameters[0]->role == Role::kernel);
  CHECK(state.parameters[0]->value.shape() == Shape{2, 3});
  CHECK(state.parameters[1]->role == Role::bias);
  CHECK(state.parameters[1]->value.shape() == Shape{3});
  CHECK(state.buffers.empty());
  CHECK(state.counters.empty());
  CHECK(names(bare) == std::vector<std::string>{"kernel"});
}

TEST_CASE("gradients, shapes and inference of dense layers, with and without bias") {
  for (const bool bias : {true, false}) {
    Dense layer(5, 4, {.bias = bias});
    randomize(layer);
    const Tensor x = random_tensor("x", {3, 5});
    CHECK(shape_differs(layer, {5}) == "");
    CHECK(inference_differs(layer, x) == "");
    if (sizeof(Real) == sizeof(double)) CHECK(wrong_gradients(layer, x, Mode::training) == "");
  }
}

TEST_CASE("a dense layer says what it takes, and thinks of a missing flatten layer") {
  const Dense layer(100, 10);
  CHECK(error_lacks({"[dense] takes examples of shape (100): the layer before gives (5, 5, 4). Is "
                     "a flatten layer missing?"},
                    [&] {
                      layer.output_shape({5, 5, 4});
                    }) == "");
  CHECK(error_lacks({"the layer before gives (99)"}, [&] { layer.output_shape({99}); }) == "");
  CHECK(error_lacks({"flatten"}, [&] { layer.output_shape({99}); }) != "");
  CHECK(error_lacks({"[dense] needs at least one input and one unit: got 0 and 10"},
                    [] { Dense(0, 10); }) == "");
  CHECK(error_lacks({"got 100 and 0"}, [] { Dense(100, 0); }) == "");
}

// ---- Conv2D ----

TEST_CASE("a convolution layer by hand") {
  Conv2D layer(1, 2, 2);
  const LayerState state = layer.state();
  // Filter 0 adds the four pixels of the window, filter 1 takes the one on the bottom right.
  state.parameters[0]->value = Tensor({2, 2, 1, 2}, {1, 0, 1, 0, 1, 0, 1, 1});
  state.parameters[1]->value = Tensor({2}, {100, 200});
  const Tensor x({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6});
  // Windows (1 2; 4 5) and (2 3; 5 6)
  CHECK(mismatch(layer.predict(x), Tensor({1, 1, 2, 2}, {112, 205, 116, 206})) == "");
  CHECK(layer.type() == "conv2d");
  CHECK(layer.output_shape({2, 3, 1}) == Shape{1, 2, 2});
}

TEST_CASE("a convolution layer owns a square kernel and, unless told otherwise, a bias") {
  Conv2D layer(3, 8, 5), bare(3, 8, 5, {}, {.bias = false});
  const LayerState state = layer.state();
  CHECK(names(layer) == std::vector<std::string>{"kernel", "bias"});
  CHECK(state.parameters[0]->role == Role::kernel);
  CHECK(state.parameters[0]->value.shape() == Shape{5, 5, 3, 8});
  CHECK(state.parameters[1]->role == Role::bias);
  CHECK(state.parameters[1]->value.shape() == Shape{8});
  CHECK(names(bare) == std::vector<std::string>{"kernel"});
}

TEST_CASE("gradients, shapes and inference of convolution layers") {
  const Tensor x = random_tensor("x", {3, 5, 4, 2});
  for (const Conv2DOptions window : {Conv2DOptions{}, {2, Padding::same()}, {3, Padding::of(2)}}) {
    for (const bool bias : {true, false}) {
      Conv2D layer(2, 3, 3, window, {.bias = bias});
      randomize(layer);
      CAPTURE(window.stride);
      CHECK(shape_differs(layer, {5, 4, 2}) == "");
      CHECK(inference_differs(layer, x) == "");
      if (sizeof(Real) == sizeof(double)) CHECK(wrong_gradients(layer, x, Mode::training) == "");
    }
  }
}

TEST_CASE("a convolution layer says what it takes") {
  const Conv2D layer(3, 8, 5);
  CHECK(error_lacks({"[conv2d] takes images (H, W, 3): the layer before gives (28, 28, 1)"}, [&] {
          layer.output_shape({28, 28, 1});
        }) == "");
  CHECK(error_lacks({"the layer before gives (300)"}, [&] { layer.output_shape({300}); }) == "");
  CHECK(
      error_lacks({"[conv2d] the window must fit into the padded image", "the window is 5x5"}, [&] {
        layer.output_shape({4, 9, 3});
      }) == "");
  const std::string_view rule = "[conv2d] needs at least one channel, one filter and a 1x1 window";
  CHECK(error_lacks({rule, "got 0, 8 and 5"}, [] { Conv2D(0, 8, 5); }) == "");
  CHECK(error_lacks({rule, "got 3, 0 and 5"}, [] { Conv2D(3, 0, 5); }) == "");
  CHECK(error_lacks({rule, "got 3, 8 and 0"}, [] { Conv2D(3, 8, 0); }) == "");
}

// ---- Both ----

TEST_CASE("initialize draws the kernel from the stream of its name and sets the bias to 0") {
  const auto check = [](Layer& layer) {
    const std::vector<Parameter*> parameters = layer.state().parameters;
    parameters[1]->value.fill(5);
    layer.initialize(3);
    Parameter expected("kernel", Role::kernel, parameters[0]->value.shape());
    initialize_kernel(expected, {.kind = Init::Kind::uniform, .amount = 0.5}, 3);
    CHECK(different_bits(parameters[0]->value, expected.value) == "");
    CHECK(different_bits(parameters[1]->value, Tensor::zeros(parameters[1]->value.shape())) == "");
  };
  const KernelOptions options{.init = {.kind = Init::Kind::uniform, .amount = 0.5}};
  Dense dense(5, 4, options);
  check(dense);
  Conv2D conv(2, 3, 3, {}, options);
  check(conv);
}

}  // namespace minitape
