#include "minitape/nn/sequential.hpp"

#include "layer_testing.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/arithmetic.hpp"

namespace minitape {
namespace {

// Conv, batch norm (unless left out), relu, a residual block, flatten, dense.
Sequential small_model(bool batch_norm = true) {
  Sequential body;
  body.add<Conv2D>(4, 4, 3, Conv2DOptions{1, Padding::same()});
  if (batch_norm) body.add_at(1, std::make_unique<BatchNorm>(4));
  body.add_at(2, std::make_unique<Activation>(Activation::tanh));

  Sequential model;
  model.add<Conv2D>(2, 4, 3, Conv2DOptions{2, Padding::same()}, KernelOptions{.bias = false});
  if (batch_norm) model.add_at(1, std::make_unique<BatchNorm>(4));
  model.add_at(2, std::make_unique<Activation>(Activation::relu));
  model.add<Residual>(std::move(body));
  model.add<Flatten>();
  model.add<Dense>(24, 3);
  return model;
}

std::vector<std::string> parameter_names(Layer& layer) {
  std::vector<std::string> names;
  for (const Parameter* parameter : layer.state().parameters) names.push_back(parameter->name);
  return names;
}

const Parameter& parameter_of(Layer& layer, const std::string& name) {
  for (const Parameter* parameter : layer.state().parameters) {
    if (parameter->name == name) return *parameter;
  }
  throw Error("[test] no parameter " + name);
}

}  // namespace

// ---- Order and names ----

TEST_CASE("layers run one after the other") {
  // y = relu(x·(−2) + 3): 1 -> 1, 2 -> 0
  Sequential model;
  model.add<Dense>(1, 1);
  model.add<Activation>(Activation::relu);
  model.initialize(1);
  model.state().parameters[0]->value.fill(-2);
  model.state().parameters[1]->value.fill(3);
  const Tensor x({2, 1}, {1, 2}), expected({2, 1}, {1, 0});
  CHECK(mismatch(model.predict(x), expected) == "");
  Tape tape;
  CHECK(mismatch(model.forward(tape.constant(x), Mode::training).value(), expected) == "");
}

TEST_CASE("an empty model gives its input back") {
  Sequential model;
  model.initialize(1);
  const Tensor x = random_tensor("x", {2, 3});
  CHECK(inference_differs(model, x) == "");
  CHECK(different_bits(model.predict(x), x) == "");
  CHECK(model.output_shape({3}) == Shape{3});
}

TEST_CASE("parameters are named by position and type, in the order of the layers") {
  Sequential model = small_model();
  const std::vector<std::string> expected{
      "0.conv2d.kernel",
      "1.batch_norm.gamma",
      "1.batch_norm.beta",
      "3.residual.0.conv2d.kernel",
      "3.residual.0.conv2d.bias",
      "3.residual.1.batch_norm.gamma",
      "3.residual.1.batch_norm.beta",
      "5.dense.kernel",
      "5.dense.bias",
  };
  CHECK(parameter_names(model) == expected);
  const LayerState state = model.state();
  CHECK(state.buffers.size() == 4);
  CHECK(state.buffers[1]->name == "1.batch_norm.running_variance");
  CHECK(state.buffers[2]->name == "3.residual.1.batch_norm.running_mean");
  CHECK(state.counters.size() == 2);
  CHECK(state.counters[1]->name == "3.residual.1.batch_norm.updates");
}

TEST_CASE("the state of a const model is the same, to look at only") {
  Sequential model = small_model();
  const LayerState state = model.state();
  const ConstLayerState seen = std::as_const(model).const_state();
  CHECK(std::equal(seen.parameters.begin(), seen.parameters.end(), state.parameters.begin(),
                   state.parameters.end()));
  CHECK(std::equal(seen.buffers.begin(), seen.buffers.end(), state.buffers.begin(),
                   state.buffers.end()));
  CHECK(std::equal(seen.counters.begin(), seen.counters.end(), state.counters.begin(),
                   state.counters.end()));
}

TEST_CASE("a position can be left out, and the layers after it keep their numbers") {
  Sequential model = small_model(false);
  const std::vector<std::string> expected{"0.conv2d.kernel", "3.residual.0.conv2d.kernel",
                                          "3.residual.0.conv2d.bias", "5.dense.kernel",
                                          "5.dense.bias"};
  CHECK(parameter_names(model) == expected);
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < model.size(); ++i) entries.push_back(model.name(i));
  CHECK(entries ==
        std::vector<std::string>{"0.conv2d", "2.relu", "3.residual", "4.flatten", "5.dense"});
}

TEST_CASE("positions must increase") {
  Sequential model;
  model.add_at(3, std::make_unique<Flatten>());
  CHECK(error_lacks({"[sequential] positions must increase: the next free one is 4, got 3"},
                    [&] { model.add_at(3, std::make_unique<Flatten>()); }) == "");
}

TEST_CASE("nodes carry the full name of the layer that recorded them") {
  Sequential model = small_model();
  model.initialize(1);
  Tape tape;
  model.forward(tape.constant(random_tensor("x", {3, 6, 4, 2})), Mode::training);
  const auto recorded = [&](const std::string& layer, const std::string& operation) {
    return std::any_of(tape.nodes().begin(), tape.nodes().end(), [&](const Tape::Node& node) {
      return node.layer == layer && node.operation.starts_with(operation);
    });
  };
  CHECK(recorded("0.conv2d", "conv2d"));
  CHECK(recorded("1.batch_norm", "batch_norm"));
  CHECK(recorded("3.residual.0.conv2d", "conv2d"));
  CHECK(recorded("3.residual.1.batch_norm", "batch_norm"));
  CHECK(recorded("3.residual", "add"));
  CHECK(recorded("5.dense", "dense"));
}

// ---- Initial values ----

TEST_CASE("the same seed gives the same bits, another seed other kernels") {
  Sequential a = small_model(), b = small_model(), c = small_model();
  a.initialize(1);
  b.initialize(1);
  c.initialize(2);
  const std::vector<Tensor> from_a = snapshot(a), from_b = snapshot(b);
  for (std::size_t i = 0; i < from_a.size(); ++i) CHECK(different_bits(from_b[i], from_a[i]) == "");
  const std::string kernel = "5.dense.kernel";
  CHECK(different_bits(parameter_of(c, kernel).value, parameter_of(a, kernel).value) != "");
}

TEST_CASE("models with and without batch norm start from the same weights, bit by bit") {
  Sequential with = small_model(true), without = small_model(false);
  with.initialize(7);
  without.initialize(7);
  int shared = 0;
  for (const Parameter* parameter : without.state().parameters) {
    CAPTURE(parameter->name);
    CHECK(different_bits(parameter->value, parameter_of(with, parameter->name).value) == "");
    shared += parameter->role == Role::kernel;
  }
  CHECK(shared == 3);
}

TEST_CASE("forward and predict need initial values first") {
  Sequential model = small_model();
  Tape tape;
  const Var x = tape.constant(random_tensor("x", {3, 6, 4, 2}));
  CHECK(error_lacks({"[sequential] call initialize(seed) before forward"},
                    [&] { model.forward(x, Mode::training); }) == "");
  CHECK(error_lacks({"[sequential] call initialize(seed) before predict"},
                    [&] { model.predict(x.value()); }) == "");
}

// ---- Shapes ----

TEST_CASE("the shape goes through all layers") {
  Sequential model = small_model();
  model.initialize(1);
  CHECK(model.output_shape({6, 4, 2}) == Shape{3});
  CHECK(shape_differs(model, {6, 4, 2}) == "");
}

TEST_CASE("where two layers do not fit, the error names both and both shapes") {
  Sequential model;
  model.add<Conv2D>(1, 8, 3);
  model.add<Activation>(Activation::relu);
  model.add<Dense>(100, 10);
  CHECK(error_lacks(
            {"[sequential] layer 2.dense does not fit after layer 1.relu, which gives (26, 26, 8): "
             "[dense] takes examples of shape (100): the layer before gives (26, 26, 8)"},
            [&] {
              model.output_shape({28, 28, 1});
            }) == "");
  CHECK(error_lacks({"layer 0.conv2d does not fit after the input, which gives (28, 28, 3)",
                     "[conv2d] takes images (H, W, 1)"},
                    [&] {
                      model.output_shape({28, 28, 3});
                    }) == "");
}

TEST_CASE("a layer inside of a residual block is named in full") {
  Sequential body;
  body.add<BatchNorm>(5);
  Sequential model;
  model.add<Residual>(std::move(body));
  CHECK(error_lacks({"layer 0.residual does not fit after the input, which gives (4)",
                     "layer 0.residual.0.batch_norm", "takes examples with 5 channels"},
                    [&] { model.output_shape({4}); }) == "");
}

// ---- Residual ----

TEST_CASE("a residual block adds its input to what its body makes of it") {
  Sequential body;
  body.add<Dense>(2, 2);
  Residual block(std::move(body));
  block.initialize(1);
  block.state().parameters[0]->value = Tensor({2, 2}, {0, 1, 1, 0});  // swaps the two
  block.state().parameters[1]->value = Tensor({2}, {100, 200});
  CHECK(mismatch(block.predict(Tensor({1, 2}, {1, 5})), Tensor({1, 2}, {106, 206})) == "");
  CHECK(inference_differs(block, random_tensor("x", {3, 2})) == "");
  CHECK(block.type() == "residual");
  CHECK(block.body().size() == 1);
}

TEST_CASE("the body of a residual block must keep the shape") {
  Sequential body;
  body.add<Dense>(2, 3);
  const Residual block(std::move(body));
  CHECK(error_lacks({"[residual] the body must keep the shape, because its result is added to its "
                     "input: it takes (2) and gives (3)"},
                    [&] { block.output_shape({2}); }) == "");
  Sequential flattening;  // keeps the number of elements, but not the shape
  flattening.add<Flatten>();
  const Residual other(std::move(flattening));
  CHECK(error_lacks({"it takes (2, 3) and gives (6)"}, [&] { other.output_shape({2, 3}); }) == "");
}

// ---- Both ways to compute, gradients ----

TEST_CASE("predict and forward in inference have the same bits for a whole model") {
  for (const bool batch_norm : {true, false}) {
    Sequential model = small_model(batch_norm);
    model.initialize(1);
    randomize(model);
    CHECK(inference_differs(model, random_tensor("x", {3, 6, 4, 2})) == "");
  }
}

TEST_CASE("of more examples than go through the layers together, each is predicted as by itself") {
  Sequential model = small_model();
  model.initialize(1);
  for (const Index images : {32, 33, 65}) {
    const Tensor x = random_tensor("x", {images, 6, 4, 2});
    const Tensor y = model.predict(x);
    for (const Index i : {Index{0}, Index{31}, images - 1}) {
      const Index in = 6 * 4 * 2, out = y.size() / images;
      Tensor one = Tensor::uninitialized({1, 6, 4, 2});
      std::copy_n(x.data() + i * in, in, one.data());
      Tensor expected = Tensor::uninitialized(y.shape().without_batch().with_batch(1));
      std::copy_n(y.data() + i * out, out, expected.data());
      CHECK(mismatch(model.predict(one), expected) == "");
    }
  }
}

TEST_CASE("batch norm and relu are computed at once, unless a class derived from them is there") {
  // A batch norm that gives back its input.
  class Nothing : public BatchNorm {
   public:
    Nothing() : BatchNorm(2) {}
    Var forward(Var x, Mode) override { return x; }
  };
  Sequential model;
  model.add<Nothing>();
  model.add<Activation>(Activation::relu);
  model.initialize(1);
  Tape tape;
  const Var y = model.forward(tape.constant(numbers({2, 2}, {1, -2, 3, 4})), Mode::training);
  CHECK(mismatch(y.value(), numbers({2, 2}, {1, 0, 3, 4})) == "");
}

TEST_CASE("a convolution and a class derived from batch norm are not predicted at once") {
  class Double : public BatchNorm {
   public:
    Double() : BatchNorm(1) {}
    Tensor predict(const Tensor& x) const override {
      Tensor y = x;
      for (Real& value : y.values()) value *= 2;
      return y;
    }
  };
  Sequential model;
  model.add<Conv2D>(1, 1, 1);
  model.add<Double>();
  model.add<Activation>(Activation::relu);
  model.initialize(1);
  model.state().parameters[0]->value.fill(3);
  const Tensor x = numbers({1, 1, 2, 1}, {1, -1}), expected = numbers({1, 1, 2, 1}, {6, 0});
  CHECK(mismatch(model.predict(x), expected) == "");
}

TEST_CASE("a class derived from an activation is not taken for a relu: it may compute otherwise") {
  // Gives back its input turned round: neither can be taken for a relu.
  class Negative : public Activation {
   public:
    Negative() : Activation(Activation::relu) {}
    Var forward(Var x, Mode) override { return Real(-1) * x; }
    Tensor predict(const Tensor& x) const override {
      Tensor y = x;
      for (Real& value : y.values()) value = -value;
      return y;
    }
  };
  Sequential behind, before;
  behind.add<BatchNorm>(1);
  behind.add<Negative>();
  behind.initialize(1);
  Tape tape;
  const Tensor pair({2, 1}, {-100, 100});
  const double normalized = 100 / std::sqrt(1e4 + 1e-5);  // with batch norm's epsilon
  const Tensor turned = behind.forward(tape.constant(pair), Mode::training).value();
  CHECK(mismatch(turned, numbers({2, 1}, {normalized, -normalized})) == "");

  before.add<Negative>();
  before.add<Pool>(Pool::max, PoolOptions{2});
  before.initialize(1);
  const Tensor image({1, 2, 2, 1}, {1, 2, 3, 4}), expected({1, 1, 1, 1}, {-1});
  CHECK(mismatch(before.predict(image), expected) == "");
  CHECK(mismatch(before.forward(tape.constant(image), Mode::training).value(), expected) == "");
}

TEST_CASE("relu and pools: the same bits as one layer after the other") {
  // Whole numbers, so that windows hold equal values, zeros and nothing but negative ones.
  Tensor x = random_tensor("x", {2, 6, 6, 3});
  for (Real& value : x.values()) value = std::round(value) + 0;  // -0 becomes 0
  for (const auto kind : {Pool::max, Pool::avg}) {
    for (const PoolOptions options : {PoolOptions{2}, PoolOptions{3, 1, Padding::of(1)}}) {
      CAPTURE(kind);
      CAPTURE(options.size);
      Sequential model;
      model.add<Activation>(Activation::relu);
      model.add<Pool>(kind, options);
      model.initialize(1);
      Activation relu(Activation::relu);
      Pool pool(kind, options);

      Tape together, apart;
      const Var x1 = together.variable(x), x2 = apart.variable(x);
      const Var y1 = model.forward(x1, Mode::training);
      const Var y2 = pool.forward(relu.forward(x2, Mode::training), Mode::training);
      CHECK(different_bits(y1.value(), y2.value()) == "");
      CHECK(different_bits(model.predict(x), y2.value()) == "");
      const Tensor weights = random_tensor("weights", y1.shape());

      together.backward(sum(y1 * together.constant(weights)));
      apart.backward(sum(y2 * apart.constant(weights)));
      CHECK(mismatch(x1.gradient(), x2.gradient()) == "");
    }
  }
}

TEST_CASE("batch norm, relu and max pool: the same as one layer after the other") {
  const Tensor x = random_tensor("x", {4, 6, 6, 3}, 2, 3);
  for (const PoolOptions options : {PoolOptions{2}, PoolOptions{3, 1}}) {
    CAPTURE(options.stride);
    Sequential model;
    model.add<BatchNorm>(3);
    model.add<Activation>(Activation::relu);
    model.add<Pool>(Pool::max, options);
    model.initialize(1);
    randomize(model);
    Sequential copy = model;

    Tape together, apart;
    const Var x1 = together.variable(x);
    const Var x2 = apart.variable(x);
    const Var y1 = model.forward(x1, Mode::training);
    Var y2 = x2;
    for (std::size_t i = 0; i < copy.size(); ++i) y2 = copy.layer(i).forward(y2, Mode::training);
    CHECK(mismatch(y1.value(), y2.value()) == "");
    const Tensor weights = random_tensor("weights", y1.shape());
    together.backward(sum(y1 * together.constant(weights)));
    apart.backward(sum(y2 * apart.constant(weights)));
    CHECK(mismatch(x1.gradient(), x2.gradient(), 4 * kRounding) == "");
    for (std::size_t i = 0; i < 2; ++i) {  // gamma and beta
      CHECK(mismatch(model.state().parameters[i]->gradient, copy.state().parameters[i]->gradient,
                     4 * kRounding) == "");
    }
    // The running statistics, and how often they were updated.
    const std::vector<Tensor> state = snapshot(model), expected = snapshot(copy);
    for (std::size_t i = 0; i < state.size(); ++i) CHECK(mismatch(state[i], expected[i]) == "");
  }
}

TEST_CASE("convolution, batch norm and relu predict the same bits as one layer after the other") {
  // Filters that fill vectors and some that do not; with a bias and without; the relu last or not.
  for (const Index filters : {5, 32}) {
    for (const bool bias : {false, true}) {
      for (const bool pool : {false, true}) {
        CAPTURE(filters);
        CAPTURE(bias);
        Sequential model;
        model.add<Conv2D>(3, filters, 3, Conv2DOptions{1, Padding::same()},
                          KernelOptions{.bias = bias});
        model.add<BatchNorm>(filters);
        model.add<Activation>(Activation::relu);
        if (pool) model.add<Pool>(Pool::max, PoolOptions{2});
        model.initialize(1);
        randomize(model);
        CHECK(inference_differs(model, random_tensor("x", {2, 6, 9, 3})) == "");
      }
    }
  }
}

TEST_CASE("gradients of whole models with convolutions, batch norm and a residual block" *
          double_only()) {
  for (const bool batch_norm : {true, false}) {
    Sequential model = small_model(batch_norm);
    model.initialize(1);
    randomize(model);
    CAPTURE(batch_norm);
    const Tensor x = random_tensor("x", {5, 6, 4, 2});
    CHECK(wrong_gradients(model, x, Mode::training) == "");
    CHECK(wrong_gradients(model, x, Mode::inference) == "");
  }
}

TEST_CASE("gradients of a model with convolution, batch norm, relu and max pool" * double_only()) {
  Sequential model;
  model.add<Conv2D>(2, 3, 3, Conv2DOptions{1, Padding::same()}, KernelOptions{.bias = false});
  model.add<BatchNorm>(3);
  model.add<Activation>(Activation::relu);
  model.add<Pool>(Pool::max, PoolOptions{2});
  model.add<Flatten>();
  model.add<Dense>(12, 3);
  model.initialize(1);
  randomize(model);
  const Tensor x = random_tensor("x", {3, 4, 4, 2});
  CHECK(wrong_gradients(model, x, Mode::training) == "");
  CHECK(wrong_gradients(model, x, Mode::inference) == "");
}

TEST_CASE("gradients of a model with pools and dropout" * double_only()) {
  Sequential model;
  model.add<Conv2D>(2, 4, 3, Conv2DOptions{1, Padding::same()});
  model.add<Activation>(Activation::leaky_relu, 0.1);
  model.add<Pool>(Pool::max, PoolOptions{2});
  model.add<Dropout>(0.3);
  model.add<Pool>(Pool::avg, PoolOptions{2, 1});
  model.add<GlobalAvgPool>();
  model.add<Dense>(4, 3);
  model.initialize(1);
  randomize(model);
  CHECK(wrong_gradients(model, random_tensor("x", {3, 6, 6, 2}), Mode::training) == "");
}

}  // namespace minitape
