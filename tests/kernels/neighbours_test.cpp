// Which layers are computed at once, by the names of the operations on the tape. (That they compute
// the same: tests/nn/sequential_test.cpp.)

#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "nn/kernels.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// The operations that a training step of batch norm, or none, relu and that pool records, each with
// the layer it is recorded under.
std::vector<std::string> operations_with(Pool::Kind kind, PoolOptions options, const Shape& x,
                                         bool batch_norm = true) {
  Sequential model;
  if (batch_norm) model.add<BatchNorm>(x[3]);
  model.add_at(1, std::make_unique<Activation>(Activation::relu));
  model.add<Pool>(kind, options);
  model.initialize(1);
  Tape tape;
  model.forward(tape.variable(Tensor::zeros(x)), Mode::training);
  std::vector<std::string> operations;
  for (const Tape::Node& node : tape.nodes()) {
    if (!node.inputs.empty()) operations.push_back(node.layer + ": " + node.operation);
  }
  return operations;
}

}  // namespace

TEST_CASE("batch norm, relu and a max pool are one operation where its windows tile the image") {
  using Operations = std::vector<std::string>;
  const Shape x{2, 6, 6, 3};
  const PoolOptions side_by_side{2}, overlapping{3, 1};
  const Operations one{"0.batch_norm: batch_norm_relu_max_pool"};
  CHECK(operations_with(Pool::max, side_by_side, x) == one);
  CHECK(operations_with(Pool::max, {3}, x) == one);
  const Operations two{"0.batch_norm: batch_norm_relu", "2.max_pool: max_pool"};
  CHECK(operations_with(Pool::max, overlapping, x) == two);
  CHECK(operations_with(Pool::max, side_by_side, {2, 6, 7, 3}) == two);
  CHECK(operations_with(Pool::avg, side_by_side, x) ==
        Operations{"0.batch_norm: batch_norm_relu", "2.avg_pool: avg_pool"});
}

TEST_CASE("relu and a max pool are one operation, whatever its windows") {
  using Operations = std::vector<std::string>;
  for (const PoolOptions options : {PoolOptions{2}, PoolOptions{3, 1}}) {
    CHECK(operations_with(Pool::max, options, {2, 6, 6, 3}, false) ==
          Operations{"1.relu: relu_max_pool"});
    CHECK(operations_with(Pool::avg, options, {2, 6, 6, 3}, false) ==
          Operations{"1.relu: relu", "2.avg_pool: avg_pool"});
  }
}

TEST_CASE("what does not fit is left to the layers, which say why") {
  Sequential model;
  model.add<BatchNorm>(3);
  model.add<Activation>(Activation::relu);
  model.initialize(1);
  Tape tape;
  const auto refused = [&](std::string_view part, const Shape& x) {
    return error_lacks({part},
                       [&] { model.forward(tape.constant(Tensor::zeros(x)), Mode::training); });
  };
  CHECK(refused("[batch_norm] training needs more than one value per channel", {1, 3}) == "");
  CHECK(refused("[batch_norm] gamma and beta must have one value per channel", {4, 2}) == "");
  CHECK(refused("[batch_norm] the input must be (N, C)", {3}) == "");
}

TEST_CASE("a layer derived from a known one is left alone") {
  struct Other : BatchNorm {
    using BatchNorm::BatchNorm;
  };
  Sequential model;
  model.add<Other>(3);
  model.add<Activation>(Activation::relu);
  model.initialize(1);
  Tape tape;
  Var x = tape.constant(random_tensor("x", {4, 3}));
  CHECK(kernels::forward(model, 0, x, Mode::training) == 0);
}

TEST_CASE("in inference batch norm and relu are two layers, and convolution with both is one") {
  Sequential model;
  model.add<Conv2D>(1, 16, 3);
  model.add<BatchNorm>(16);
  model.add<Activation>(Activation::relu);
  model.initialize(1);
  Tape tape;
  Var v = tape.constant(random_tensor("v", {2, 3, 3, 16}));
  CHECK(kernels::forward(model, 1, v, Mode::inference) == 0);
  Tensor x = random_tensor("x", {2, 5, 5, 1});
  CHECK(kernels::predict(model, 0, x) == 3);
  CHECK(x.shape() == Shape{2, 3, 3, 16});
  CHECK(kernels::predict(model, 1, x) == 0);
}

}  // namespace minitape
