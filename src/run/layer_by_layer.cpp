#include "minitape/run/layer_by_layer.hpp"

#include <algorithm>
#include <cmath>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/optim/sgd.hpp"

namespace minitape {

Var walk(Sequential& model, Var x, Mode mode, const LayerVisitor& visit) {
  for (std::size_t i = 0; i < model.size(); ++i) {
    Layer& layer = model.layer(i);
    auto* const residual = exactly<Residual>(layer);
    const Var y = residual ? x + walk(residual->body(), x, mode, visit) : layer.forward(x, mode);
    visit(model.name(i), layer, x, y);
    x = y;
  }
  return x;
}

void try_batch(Sequential model, const Shape& images) {
  Tape tape;
  model.forward(tape.constant(Tensor::zeros(images)), Mode::training);
}

std::string first_non_finite(const Tape& tape) {
  for (const Tape::Node& node : tape.nodes()) {
    const auto is_finite = [](Real value) { return std::isfinite(value); };
    if (std::ranges::all_of(node.current_value().values(), is_finite)) continue;
    if (node.parameter) return "parameter " + node.parameter->name;
    return node.layer.empty() ? node.operation
                              : concat("layer ", node.layer, " (", node.operation, ")");
  }
  return "the loss";
}

// ---- Recalibration ----

void recalibrate(Sequential& model, Batches& batches, const BatchNormConfig& config) {
  if (config.recalibrate == "none") return;
  const bool pooled = config.recalibrate == "pooled";
  const Index n = std::min(config.recalibrate_batches, batches.batches_per_epoch());
  std::vector<BatchStatistics> seen;  // of each batch norm, a row for each batch: [n, C]
  Sequential copy = model;
  batches.start_epoch(0);
  for (Index b = 0; b < n; ++b) {
    Tape tape;
    std::size_t next = 0;
    walk(copy, tape.constant(batches.next()->images), Mode::training,
         [&](const std::string&, Layer& layer, Var x, Var) {
           if (!dynamic_cast<BatchNorm*>(&layer)) return;
           const Shape rows{n, x.value().channels()};
           if (b == 0) seen.push_back({Tensor::zeros(rows), Tensor::zeros(rows)});
           const auto m = static_cast<Real>(x.value().rows());
           const BatchStatistics batch = batch_statistics(x.value());
           for (Index c = 0, i = b * rows.channels(); c < rows.channels(); ++c, ++i) {
             seen[next].mean[i] = batch.mean[c];
             seen[next].variance[i] = batch.variance[c] * (pooled ? 1 : m / (m - 1));
           }
           ++next;
         });
  }
  const std::vector<Buffer*> buffers = model.state().buffers;  // of each the mean, the variance
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const BatchStatistics means = batch_statistics(seen[i].mean);
    buffers[2 * i]->value = means.mean;
    buffers[2 * i + 1]->value = batch_statistics(seen[i].variance).mean;
    if (pooled) buffers[2 * i + 1]->value.add(means.variance);
  }
}

// ---- Training mode on the test set ----

double accuracy_in_training_mode(Sequential model, const Dataset& dataset,
                                 const Standardization& standardization, Index count,
                                 Index batch_size) {
  Index right = 0, seen = 0;
  for (Index first = 0; first + batch_size <= count; first += batch_size) {
    Batch batch = make_batch(dataset, standardization, first, batch_size);
    if (batch_size == 1) {
      Tensor twice = Tensor::uninitialized(dataset.image_shape.with_batch(2));
      std::ranges::copy(batch.images.values(), twice.data());
      std::ranges::copy(batch.images.values(), twice.data() + batch.images.size());
      batch.images = std::move(twice);
      batch.labels.push_back(batch.labels[0]);
    }
    Tape tape;
    const Var logits = model.forward(tape.constant(std::move(batch.images)), Mode::training);
    right += count_correct(logits.value(), batch.labels);
    seen += std::ssize(batch.labels);
  }
  return static_cast<double>(right) / static_cast<double>(seen);  // 0 / 0: NaN
}

// ---- The loss and its gradient ----

double backward(Sequential& model, const Batch& batch, Tape& tape, const LayerVisitor& visit) {
  for (Parameter* parameter : model.state().parameters) parameter->gradient.fill(0);
  const Var images = tape.variable(batch.images);  // with a gradient, so that all outputs have one
  const Var loss = softmax_cross_entropy(walk(model, images, Mode::training, visit), batch.labels);
  tape.backward(loss);
  return static_cast<double>(loss.value().item());
}

std::vector<double> landscape(const Sequential& model, const LayerState& gradients,
                              const Batch& batch, double loss, double learning_rate) {
  double lowest = loss, highest = loss, change = 0, smoothness = 0;
  for (const double factor : {0.5, 1.0, 2.0, 4.0}) {
    Sequential moved = model;  // draws the same dropout and noise
    const std::vector<Parameter*> parameters = moved.state().parameters;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      parameters[p]->gradient = gradients.parameters[p]->gradient;
    }
    Sgd(parameters, {}).step(factor * learning_rate);
    Tape tape;
    const double there = backward(moved, batch, tape, [](auto&&...) {});
    if (!std::isfinite(there)) return {loss, lowest, INFINITY, INFINITY, INFINITY};

    double g_squared = 0, change_squared = 0;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const Tensor& g = gradients.parameters[p]->gradient;
      for (Index i = 0; i < g.size(); ++i) {
        const double before = g[i], difference = parameters[p]->gradient[i] - before;
        g_squared += before * before;
        change_squared += difference * difference;
      }
    }
    const double step = factor * learning_rate * std::sqrt(g_squared);
    lowest = std::min(lowest, there);
    highest = std::max(highest, there);
    change = std::max(change, std::sqrt(change_squared));
    smoothness = std::max(smoothness, std::sqrt(change_squared) / step);
  }
  return {loss, lowest, highest, change, smoothness};
}

}  // namespace minitape
