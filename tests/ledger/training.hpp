// Small training runs for the claims about learning: drawn digits, dense networks, plain SGD.
//
// Whatever is drawn at random follows from `seed`. The bands in the tests were set after measuring
// with at least five seeds; the tests use one to three of them and assert orderings and wide bands.
#pragma once

#include <memory>
#include <numeric>

#include "minitape/data/batches.hpp"
#include "minitape/data/load.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/optim/sgd.hpp"
#include "testing.hpp"

namespace minitape {

struct Examples {
  Tensor x;                 // [n, …]
  std::vector<int> labels;  // [n]
  Index size() const { return static_cast<Index>(labels.size()); }
};

/// Drawn digits, bytes / 255: a batch of all of them, [count, 28, 28, 1].
inline Examples digits(std::uint64_t seed, const std::string& split, Index count) {
  Batch batch = make_batch(make_digits(seed, split, count), Standardization::none(1), 0, count);
  return {std::move(batch.images), std::move(batch.labels)};
}

/// The examples at the given places, in that order.
inline Examples pick(const Examples& all, std::span<const Index> places) {
  const Index row = all.x.size() / all.size();
  const Shape shape = all.x.shape().without_batch();
  Examples some{Tensor::uninitialized(shape.with_batch(static_cast<Index>(places.size()))), {}};
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::copy_n(all.x.data() + places[i] * row, row, some.x.data() + static_cast<Index>(i) * row);
    some.labels.push_back(all.labels[static_cast<std::size_t>(places[i])]);
  }
  return some;
}

/// All examples in a new random order, cut into whole batches.
inline std::vector<Examples> shuffled_batches(const Examples& all, Index size, Random& random) {
  std::vector<Index> order(all.labels.size());
  std::iota(order.begin(), order.end(), Index{0});
  random.shuffle(order);
  std::vector<Examples> batches;
  for (Index first = 0; first + size <= all.size(); first += size) {
    batches.push_back(pick(all, std::span(order).subspan(static_cast<std::size_t>(first),
                                                         static_cast<std::size_t>(size))));
  }
  return batches;
}

/// flatten, then dense (+ batch norm) + activation for every hidden layer, then dense to 10.
struct Mlp {
  std::vector<Index> hidden = {32, 32};
  bool batch_norm = true;
  bool norm_after_activation = false;
  Activation::Kind activation = Activation::relu;
  BatchNormOptions options = {};
  Init init = {};
  Index inputs = 784;
};
inline Sequential build(const Mlp& mlp, std::uint64_t seed) {
  Sequential model;
  const auto add = [&](Index position, std::unique_ptr<Layer> layer) {
    model.add_at(position, std::move(layer));
  };
  const auto norm = [&](Index units) { return std::make_unique<BatchNorm>(units, mlp.options); };
  add(0, std::make_unique<Flatten>());
  Index next = 1, inputs = mlp.inputs;
  // Four numbers for each hidden layer, used or not: so the initial weights, which are drawn by the
  // layers' numbers, are the same with and without batch norm.
  for (const Index units : mlp.hidden) {
    const bool before = mlp.batch_norm && !mlp.norm_after_activation;
    const bool after = mlp.batch_norm && mlp.norm_after_activation;
    add(next, std::make_unique<Dense>(inputs, units, KernelOptions{!mlp.batch_norm, mlp.init}));
    if (before) add(next + 1, norm(units));
    add(next + 2, std::make_unique<Activation>(mlp.activation));
    if (after) add(next + 3, norm(units));
    next += 4;
    inputs = units;
  }
  add(next, std::make_unique<Dense>(inputs, 10, KernelOptions{true, mlp.init}));
  model.initialize(seed);
  return model;
}

/// One step of plain SGD; returns the loss before it.
inline double train_step(Sequential& model, Sgd& sgd, const Examples& batch, double rate) {
  Tape tape;
  const Var loss =
      softmax_cross_entropy(model.forward(tape.constant(batch.x), Mode::training), batch.labels);
  tape.backward(loss);
  sgd.step(rate);
  return loss.value().item();
}

struct Training {
  Index batch_size = 50;
  double rate = 0.1;
  int epochs = 3;
  std::uint64_t seed = 1;
};
/// Trains; returns the mean loss of the last epoch.
inline double train(Sequential& model, const Examples& examples, const Training& how) {
  const UseThreads one(1);
  Sgd sgd(model.state().parameters, {});
  Random random = stream(how.seed, "ledger/shuffle");
  double loss = 0;
  for (int epoch = 0; epoch < how.epochs; ++epoch) {
    const std::vector<Examples> batches = shuffled_batches(examples, how.batch_size, random);
    loss = 0;
    for (const Examples& batch : batches) {
      loss += train_step(model, sgd, batch, how.rate) / static_cast<double>(batches.size());
    }
  }
  return loss;
}

inline double accuracy_of(const Tensor& logits, const Examples& examples) {
  return static_cast<double>(count_correct(logits, examples.labels)) /
         static_cast<double>(examples.size());
}

/// With the running statistics, as a trained model is used.
inline double accuracy(const Sequential& model, const Examples& examples) {
  const UseThreads one(1);
  return accuracy_of(model.predict(examples.x), examples);
}

/// With the statistics of batches of that size, as while training. The model is left as it was.
inline double accuracy_in_training_mode(Sequential& model, const Examples& examples, Index size) {
  const UseThreads one(1);
  std::vector<Tensor> before;
  for (const Buffer* buffer : model.state().buffers) before.push_back(buffer->value);
  Random random = stream(1, "ledger/evaluate");
  double sum = 0;
  const std::vector<Examples> batches = shuffled_batches(examples, size, random);
  for (const Examples& batch : batches) {
    Tape tape;
    const Var logits = model.forward(tape.constant(batch.x), Mode::training);
    sum += accuracy_of(logits.value(), batch) / static_cast<double>(batches.size());
  }
  for (std::size_t i = 0; i < before.size(); ++i) model.state().buffers[i]->value = before[i];
  return sum;
}

}  // namespace minitape
