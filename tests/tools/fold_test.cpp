#include "minitape/tools/fold.hpp"

#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "nn/layer_testing.hpp"

namespace minitape {
namespace {

const KernelOptions kNoBias{.bias = false};
const Conv2DOptions kSame{1, Padding::same()};

// How much may differ, relative to the largest output.
constexpr double kFolding = sizeof(Real) == sizeof(float) ? 1e-5 : 1e-12;

// A state unlike any start: all parameters, means and variances random.
Sequential ready(Sequential model) {
  model.initialize(1);
  randomize(model);
  return model;
}

Tensor divided(Tensor x, double by) {
  for (Real& value : x.values()) value = static_cast<Real>(double{value} / by);
  return x;
}

// "" when `model` and its folded copy give the same, `left` batch norms are in the copy, and the
// model is as it was.
std::string folding_differs(Sequential& model, const Shape& example, Index left) {
  const Tensor x = random_tensor("x", example.with_batch(7));
  const std::vector<Tensor> before = snapshot(model);
  const Tensor expected = model.predict(x);
  const Sequential copy = folded(model);
  const std::vector<Tensor> after = snapshot(model);
  if (before.size() != after.size()) return "the model has other tensors than before";
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string text = different_bits(after[i], before[i]);
    if (!text.empty()) return concat("the model's state ", i, " has changed: ", text);
  }
  if (count_batch_norms(copy) != left) {
    return concat(count_batch_norms(copy), " batch norms are left, expected ", left);
  }
  double largest = 0;
  for (const Real value : expected.values()) largest = std::max(largest, std::abs(double{value}));
  if (!(largest > 0.01)) return "the outputs are too small to be compared";
  return mismatch(divided(copy.predict(x), largest), divided(expected, largest), kFolding);
}

std::vector<std::string> tensor_names(Sequential model) {
  std::vector<std::string> names;
  const LayerState state = model.state();
  for (const Parameter* parameter : state.parameters) names.push_back(parameter->name);
  for (const Buffer* buffer : state.buffers) names.push_back(buffer->name);
  return names;
}

}  // namespace

TEST_CASE("folded into dense and conv2d, with and without bias, the answers are the same") {
  for (const bool bias : {false, true}) {
    Sequential dense;
    dense.add<Dense>(5, 3, KernelOptions{.bias = bias});
    dense.add<BatchNorm>(3, BatchNormOptions{.epsilon = 0.01});
    dense = ready(std::move(dense));
    CHECK(folding_differs(dense, {5}, 0) == "");

    Sequential conv2d;
    conv2d.add<Conv2D>(2, 4, 3, Conv2DOptions{2, Padding::same()}, KernelOptions{.bias = bias});
    conv2d.add<BatchNorm>(4);
    conv2d.add<Activation>(Activation::relu);
    conv2d = ready(std::move(conv2d));
    CHECK(folding_differs(conv2d, {6, 5, 2}, 0) == "");
  }
}

TEST_CASE("a whole network, with batch norm also in a residual block") {
  Sequential body;
  body.add<Conv2D>(4, 4, 3, kSame, kNoBias);
  body.add<BatchNorm>(4);
  body.add<Activation>(Activation::relu);
  body.add<Conv2D>(4, 4, 3, kSame, kNoBias);
  body.add<BatchNorm>(4);
  Sequential model;
  model.add<Conv2D>(2, 4, 3, kSame, kNoBias);
  model.add<BatchNorm>(4);
  model.add<Activation>(Activation::relu);
  model.add<Residual>(std::move(body));
  model.add<Pool>(Pool::max, PoolOptions{2});
  model.add<Dropout>(0.3);
  model.add<Flatten>();
  model.add<Dense>(16, 3);
  model = ready(std::move(model));
  CHECK(count_batch_norms(model) == 3);
  CHECK(folding_differs(model, {4, 4, 2}, 0) == "");

  const std::vector<std::string> expected{
      "0.conv2d.kernel",
      "0.conv2d.bias",
      "3.residual.0.conv2d.kernel",
      "3.residual.0.conv2d.bias",
      "3.residual.3.conv2d.kernel",
      "3.residual.3.conv2d.bias",
      "7.dense.kernel",
      "7.dense.bias",
  };
  CHECK(tensor_names(folded(model)) == expected);
}

TEST_CASE("batch norm that has no linear layer in front of it stays") {
  SUBCASE("as the first layer, where the next dense must be left alone") {
    Sequential model;
    model.add<BatchNorm>(5);
    model.add<Dense>(5, 3);
    model = ready(std::move(model));
    CHECK(folding_differs(model, {5}, 1) == "");
  }
  SUBCASE("behind relu") {
    Sequential model;
    model.add<Dense>(5, 3);
    model.add<Activation>(Activation::relu);
    model.add<BatchNorm>(3);
    model = ready(std::move(model));
    CHECK(folding_differs(model, {5}, 1) == "");
  }
  SUBCASE("behind a residual block, whose last layer is linear, but not the sum") {
    Sequential body;
    body.add<Dense>(5, 5);
    Sequential model;
    model.add<Residual>(std::move(body));
    model.add<BatchNorm>(5);
    model = ready(std::move(model));
    CHECK(folding_differs(model, {5}, 1) == "");
  }
  SUBCASE("as the first layer of a residual block behind a dense") {
    Sequential body;
    body.add<BatchNorm>(3);
    Sequential model;
    model.add<Dense>(5, 3);
    model.add<Residual>(std::move(body));
    model = ready(std::move(model));
    CHECK(folding_differs(model, {5}, 1) == "");
  }
}

TEST_CASE("two batch norms in a row are both folded, the nearer one first") {
  Sequential model;
  model.add<Dense>(5, 3);
  model.add<BatchNorm>(3);
  model.add<BatchNorm>(3);
  model = ready(std::move(model));
  CHECK(folding_differs(model, {5}, 0) == "");
}

TEST_CASE("tiny and zero variances, and gamma 0") {
  Sequential model;
  model.add<Dense>(5, 3, kNoBias);
  model.add<BatchNorm>(3, BatchNormOptions{.epsilon = 1e-7});
  model = ready(std::move(model));
  const LayerState state = model.state();
  state.buffers[1]->value = numbers({3}, {0, 1e-12, 0.3});  // the factor is about 3000 and must fit
  state.parameters[1]->value = numbers({3}, {-1, 2, 0});    // gamma
  CHECK(folding_differs(model, {5}, 0) == "");
  // Nothing but beta comes out of a channel with gamma 0.
  const Tensor y = folded(model).predict(random_tensor("x", {2, 5}));
  CHECK(y[2] == state.parameters[2]->value[2]);
  CHECK(y[5] == y[2]);
}

TEST_CASE("a model without batch norm, and an empty one, are copied bit for bit") {
  Sequential model;
  model.add<Conv2D>(2, 4, 3, kSame);
  model.add<Activation>(Activation::leaky_relu, 0.3);
  model.add<Pool>(Pool::avg, PoolOptions{2});
  model.add<GlobalAvgPool>();
  model.add<Dense>(4, 3, kNoBias);
  model = ready(std::move(model));
  const Tensor x = random_tensor("x", {2, 4, 4, 2});
  CHECK(different_bits(folded(model).predict(x), model.predict(x)) == "");
  CHECK(tensor_names(folded(model)) == tensor_names(model));  // no bias is added
  Sequential empty;
  empty.initialize(1);
  CHECK(different_bits(folded(empty).predict(x), x) == "");
}

TEST_CASE("a class derived from batch norm may compute something else and stays") {
  class Nothing : public BatchNorm {
   public:
    Nothing() : BatchNorm(3) {}
    std::unique_ptr<Layer> clone() const override { return std::make_unique<Nothing>(*this); }
    Tensor predict(const Tensor& x) const override { return x; }
  };
  Sequential model;
  model.add<Dense>(5, 3);
  model.add<Nothing>();
  model = ready(std::move(model));
  CHECK(folding_differs(model, {5}, 1) == "");
}

TEST_CASE("layers that do not fit together are told apart from those that do") {
  Sequential model;
  model.add<Dense>(5, 3);
  model.add<BatchNorm>(4);
  model = ready(std::move(model));
  CHECK(error_lacks({"[fold] dense gives 3 channels", "has 4"}, [&] { folded(model); }) == "");
}

TEST_CASE("a copy of a model and the model go separate ways") {
  Sequential model;
  model.add<Dense>(5, 3);
  model.add<Dropout>(0.5);
  model = ready(std::move(model));
  const Tensor x = random_tensor("x", {2, 5}), y = model.predict(x);
  Sequential copy = model;
  CHECK(different_bits(copy.predict(x), y) == "");
  for (Parameter* parameter : copy.state().parameters) parameter->value.fill(1);
  CHECK(different_bits(model.predict(x), y) == "");
  CHECK(different_bits(copy.predict(x), y) != "");
  // Numbering goes on where the model's would.
  copy.add<Dense>(3, 2);
  CHECK(tensor_names(copy).back() == "2.dense.bias");
}

}  // namespace minitape
