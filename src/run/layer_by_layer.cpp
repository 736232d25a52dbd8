#include "minitape/run/layer_by_layer.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"

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

namespace {

// Sums over batches, of one batch norm: [C] each.
struct StatisticSums {
  std::vector<double> mean, mean_squared, variance, unbiased_variance;

  void add(const BatchStatistics& batch, Index rows) {
    const auto channels = static_cast<std::size_t>(batch.mean.size());
    for (auto* sum : {&mean, &mean_squared, &variance, &unbiased_variance}) sum->resize(channels);
    const auto m = static_cast<double>(rows);
    for (std::size_t c = 0; c < channels; ++c) {
      const double mean_b = batch.mean.data()[c], v_b = batch.variance.data()[c];
      mean[c] += mean_b;
      mean_squared[c] += mean_b * mean_b;
      variance[c] += v_b;
      unbiased_variance[c] += m / (m - 1) * v_b;
    }
  }
};

}  // namespace

void recalibrate(Sequential& model, Batches& batches, Index count, Recalibration how) {
  // The sums, batch norm by batch norm in the order of the layers.
  Sequential copy = model;
  std::vector<StatisticSums> sums;
  batches.start_epoch(0);
  const Index batch_count = std::min(count, batches.batches_per_epoch());
  for (Index b = 0; b < batch_count; ++b) {
    Tape tape;
    std::size_t next = 0;
    walk(copy, tape.constant(batches.next()->images), Mode::training,
         [&](const std::string&, Layer& layer, Var x, Var) {
           if (!dynamic_cast<BatchNorm*>(&layer)) return;
           if (sums.size() <= next) sums.emplace_back();
           sums[next++].add(batch_statistics(x.value()), x.value().rows());
         });
  }
  // The statistics of the population, in the same order: mean and variance, layer by layer.
  const std::vector<Buffer*> buffers = model.state().buffers;
  const auto n = static_cast<double>(batch_count);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    for (std::size_t c = 0; c < sums[i].mean.size(); ++c) {
      const double mean = sums[i].mean[c] / n;
      const double between = std::max(0.0, sums[i].mean_squared[c] / n - mean * mean);
      const double variance = how == Recalibration::average ? sums[i].unbiased_variance[c] / n
                                                            : sums[i].variance[c] / n + between;
      buffers[2 * i]->value.data()[c] = static_cast<Real>(mean);
      buffers[2 * i + 1]->value.data()[c] = static_cast<Real>(variance);
    }
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
    double step_squared = 0, change_squared = 0;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const Tensor& g = gradients.parameters[p]->gradient;
      for (Index i = 0; i < g.size(); ++i) {
        const double step = factor * learning_rate * static_cast<double>(g[i]);
        parameters[p]->value[i] -= static_cast<Real>(step);
        step_squared += step * step;
      }
    }
    Tape tape;
    const double there = backward(moved, batch, tape, [](auto&&...) {});
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const Tensor& g = gradients.parameters[p]->gradient;
      for (Index i = 0; i < g.size(); ++i) {
        const double difference = static_cast<double>(parameters[p]->gradient[i]) - g[i];
        change_squared += difference * difference;
      }
    }
    lowest = std::min(lowest, there);
    highest = std::max(highest, there);
    change = std::max(change, std::sqrt(change_squared));
    smoothness = std::max(smoothness, std::sqrt(change_squared / step_squared));
  }
  return {loss, lowest, highest, change, smoothness};
}

}  // namespace minitape
