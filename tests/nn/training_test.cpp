// Whole training steps: layers, loss and optimizer together.

#include <malloc.h>

#include "layer_testing.hpp"
#include "minitape/core/allocator.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/optim/sgd.hpp"

namespace minitape {
namespace {

Sequential classifier() {
  Sequential model;
  model.add<Conv2D>(3, 16, 3, Conv2DOptions{1, Padding::same()}, KernelOptions{.bias = false});
  model.add<BatchNorm>(16);
  model.add<Activation>(Activation::relu);
  model.add<Pool>(Pool::max, PoolOptions{2});
  model.add<Flatten>();
  model.add<Dropout>(0.2);
  model.add<Dense>(16 * 6 * 6, 10);
  model.initialize(1);
  return model;
}

// Images of class k are brighter in the k-th column.
struct Task {
  Tensor images;
  std::vector<int> labels;
};
Task task(Index n) {
  Task result{random_tensor("images", {n, 12, 12, 3}), {}};
  for (Index i = 0; i < n; ++i) {
    const Index label = i % 10;
    result.labels.push_back(static_cast<int>(label));
    for (Index h = 0; h < 12; ++h) result.images[((i * 12 + h) * 12 + label) * 3] += 3;
  }
  return result;
}

double step(Sequential& model, Sgd& sgd, const Task& batch) {
  Tape tape;
  const Var logits = model.forward(tape.constant(batch.images), Mode::training);
  const Var loss = softmax_cross_entropy(logits, batch.labels);
  tape.backward(loss);
  sgd.step(0.05);
  return double{loss.value().item()};
}

}  // namespace

#ifndef MINITAPE_SANITIZE  // which wants every buffer fresh
TEST_CASE("after the first step, tensors take no memory from the system; soon nothing does") {
  const UseThreads one(1);
  Sequential model = classifier();
  Sgd sgd(model.state().parameters, {.momentum = 0.9});
  const Task batch = task(50);
  const auto heap = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.arena + info.hblkhd;  // bytes that malloc holds of the system
  };
  step(model, sgd, batch);
  const std::size_t requests_before = allocator_stats().system_requests;
  for (int i = 0; i < 3; ++i) step(model, sgd, batch);
  const std::size_t heap_before = heap();
  for (int i = 0; i < 5; ++i) step(model, sgd, batch);
  CHECK(allocator_stats().system_requests == requests_before);
  CHECK(heap() == heap_before);
}
#endif

TEST_CASE("training lowers the loss and the model predicts what it has learnt") {
  const UseThreads one(1);
  Sequential model = classifier();
  Sgd sgd(model.state().parameters, {.momentum = 0.9, .weight_decay = 1e-4});
  const Task batch = task(50);
  const double first = step(model, sgd, batch);
  CHECK(first > 1.5);  // near ln 10
  double last = 0;
  for (int i = 0; i < 30; ++i) last = step(model, sgd, batch);
  CHECK(last < 0.1);
  const Sequential& trained = model;
  CHECK(count_correct(trained.predict(batch.images), batch.labels) >= 48);
}

TEST_CASE("training has the same bits with 1, 2 and 3 threads") {
  const Task batch = task(40);
  CHECK(depends_on_threads([&] {
          Sequential model = classifier();
          Sgd sgd(model.state().parameters, {.momentum = 0.9, .weight_decay = 1e-4});
          for (int i = 0; i < 3; ++i) step(model, sgd, batch);
          return snapshot(model);
        }) == "");
}

#ifdef MINITAPE_SANITIZE
constexpr bool kBuffersAreKept = false;
#else
constexpr bool kBuffersAreKept = true;
#endif

TEST_CASE("from the second step on nothing is requested from the system" *
          doctest::skip(!kBuffersAreKept)) {
  const UseThreads one(1);  // with more, chance decides how many chunks are alive at once
  Sequential model = classifier();
  Sgd sgd(model.state().parameters, {.momentum = 0.9});
  const Task batch = task(20);
  step(model, sgd, batch);
  const AllocatorStats before = allocator_stats();
  for (int i = 0; i < 3; ++i) step(model, sgd, batch);
  CHECK(allocator_stats().system_requests == before.system_requests);
  CHECK(allocator_stats().bytes_in_use == before.bytes_in_use);
}

TEST_CASE("one tape can record step after step") {
  Sequential model;
  model.add<Dense>(3, 1);
  model.initialize(1);
  Sgd sgd(model.state().parameters, {});
  const Tensor x = random_tensor("x", {20, 3}), target = random_tensor("target", {20, 1});
  Tape tape;
  double before = 1e9;
  for (int i = 0; i < 5; ++i) {
    tape.clear();
    const Var loss = mean_squared_error(model.forward(tape.constant(x), Mode::training), target);
    tape.backward(loss);
    sgd.step(0.1);
    CHECK(double{loss.value().item()} < before);
    before = double{loss.value().item()};
  }
}

TEST_CASE("a bias in front of batch norm gets no gradient, because the mean is subtracted again") {
  Sequential model;
  model.add<Dense>(5, 3);
  model.add<BatchNorm>(3);
  model.initialize(1);
  randomize(model);
  Tape tape;
  const Var y = model.forward(tape.constant(random_tensor("x", {7, 5})), Mode::training);
  tape.backward(mean_squared_error(y, random_tensor("target", {7, 3})));
  CHECK(mismatch(model.state().parameters[1]->gradient, Tensor::zeros({3})) == "");
  CHECK(mismatch(model.state().parameters[0]->gradient, Tensor::zeros({5, 3})) != "");
}

}  // namespace minitape
