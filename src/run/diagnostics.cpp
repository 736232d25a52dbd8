#include "minitape/run/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/run/layer_by_layer.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr Index kBins = 20;
constexpr Index kMostImages = 1000;  // for probes.csv

const std::vector<std::string> kProbeColumns{"epoch",
                                             "test_accuracy_batch_statistics",
                                             "test_accuracy_one_image",
                                             "loss",
                                             "loss_lowest",
                                             "loss_highest",
                                             "gradient_change",
                                             "smoothness"};

std::vector<std::string> layer_columns() {
  std::vector<std::string> columns{"epoch", "layer"};
  for (const char* name :
       {"mean", "sd", "p15", "p50", "p85", "unit_p15", "unit_p50", "unit_p85", "dead",
        "gradient_norm", "kernel_norm", "bias_norm", "parameter_gradient_norm", "log10_update",
        "inference_sd", "mean_distance", "variance_distance", "low", "high"}) {
    columns.push_back(name);
  }
  for (Index bin = 1; bin <= kBins; ++bin) columns.push_back(concat("h", bin));
  return columns;
}

double norm(std::span<const Real> values) {
  double squares = 0;
  for (const Real value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

double sd(std::span<const Real> values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const Real value : values) mean += value / n;
  for (const Real value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / n);
}

// 15, 50, 85 %: the value that so many of the others do not exceed.
std::vector<double> percentiles(std::vector<Real> values) {
  std::erase_if(values, [](Real value) { return !std::isfinite(value); });  // of a diverged run
  if (values.empty()) return {kMissing, kMissing, kMissing};
  std::ranges::sort(values);
  std::vector<double> result;
  for (const double part : {0.15, 0.5, 0.85}) {
    result.push_back(values[static_cast<std::size_t>(part * static_cast<double>(values.size()))]);
  }
  return result;
}

double dead_part(const Layer& layer, const Tensor& y) {
  const std::string type = layer.type();
  if (type == "sigmoid" || type == "tanh") {
    const double low = type == "tanh" ? -1 : 0, margin = 0.03 * (1 - low);
    const auto saturated = std::ranges::count_if(
        y.values(), [&](Real v) { return v < low + margin || v > 1 - margin; });
    return static_cast<double>(saturated) / static_cast<double>(y.size());
  }
  Index dead = 0;
  for (Index c = 0; c < y.channels(); ++c) {
    Index i = c;
    while (i < y.size() && y[i] == y[c]) i += y.channels();
    dead += i >= y.size();
  }
  return static_cast<double>(dead) / static_cast<double>(y.channels());
}

std::vector<double> histogram(std::vector<Real> values) {
  std::erase_if(values, [](Real value) { return !std::isfinite(value); });
  if (values.empty()) return std::vector<double>(2 + kBins, kMissing);
  const auto [low, high] = std::ranges::minmax(values);
  std::vector<double> row{low, high};
  row.resize(2 + kBins);
  for (const double value : values) {
    const double part = high > low ? (value - low) / (double{high} - low) : 0;
    ++row[static_cast<std::size_t>(2 + std::min(static_cast<Index>(part * kBins), kBins - 1))];
  }
  return row;
}

// Mean |running − batch| of the means and of the variances, for batch norm.
std::vector<double> distances(const Layer& layer, const Tensor& x) {
  const auto* const batch_norm = dynamic_cast<const BatchNorm*>(&layer);
  if (!batch_norm) return {kMissing, kMissing};
  const BatchStatistics batch = batch_statistics(x), running = batch_norm->running();
  double mean = 0, variance = 0;
  for (Index c = 0; c < x.channels(); ++c) {
    mean += std::abs(static_cast<double>(running.mean[c]) - batch.mean[c]);
    variance += std::abs(static_cast<double>(running.variance[c]) - batch.variance[c]);
  }
  const auto channels = static_cast<double>(x.channels());
  return {mean / channels, variance / channels};
}

// What is told of one layer, once its gradients are there: see the columns. `before` is the layer
// before this batch moved its running statistics.
std::vector<double> layer_row(Layer& layer, const Layer& before, Var x, Var y, double inference_sd,
                              double update_rate) {
  std::vector<double> row;
  const auto append = [&row](const std::vector<double>& more) {
    row.insert(row.end(), more.begin(), more.end());
  };
  const std::span<const Real> values = y.value().values();
  double mean = 0;
  for (const Real value : values) mean += value / static_cast<double>(values.size());
  append({mean, sd(values)});
  append(percentiles({values.begin(), values.end()}));
  std::vector<Real> unit;
  for (Index i = 0; i < y.value().size(); i += y.value().channels()) unit.push_back(y.value()[i]);
  append(percentiles(unit));
  append({dead_part(layer, y.value()), y.needs_gradient() ? norm(y.gradient().values()) : 0});

  double kernel = kMissing, bias = kMissing, update = kMissing;
  std::optional<double> gradients;
  for (const Parameter* parameter : layer.state().parameters) {
    const double weight = norm(parameter->value.values());
    const double gradient = norm(parameter->gradient.values());
    gradients = std::hypot(gradients.value_or(0), gradient);
    if (exactly<Residual>(layer)) continue;  // the layers inside have rows of their own
    if (parameter->role == Role::bias) bias = weight;
    if (parameter->role != Role::kernel) continue;
    kernel = weight;
    update = std::log10(update_rate * gradient / weight);
  }
  append({kernel, bias, gradients.value_or(kMissing), update, inference_sd});
  append(distances(before, x.value()));
  append(histogram({values.begin(), values.end()}));
  return row;
}

Index count_layers(const Sequential& model) {
  Index count = 0;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto* const residual = exactly<Residual>(model.layer(i));
    count += 1 + (residual ? count_layers(residual->body()) : 0);
  }
  return count;
}

std::vector<std::string> cells(std::vector<std::string> first, const std::vector<double>& numbers) {
  for (const double number : numbers) first.push_back(number_text(number));
  return first;
}

// The loss of the batch in training mode, with the gradients of all parameters.
double backward(Sequential& model, const Batch& batch, Tape& tape, const LayerVisitor& visit) {
  for (Parameter* parameter : model.state().parameters) parameter->gradient.fill(0);
  const Var images = tape.variable(batch.images);  // with a gradient, so that all outputs have one
  const Var loss = softmax_cross_entropy(walk(model, images, Mode::training, visit), batch.labels);
  tape.backward(loss);
  return static_cast<double>(loss.value().item());
}

// How loss and gradient change along `gradients`, those of the model with this loss: the last
// columns of probes.csv.
std::vector<double> landscape(const Sequential& model, const LayerState& gradients,
                              const Batch& batch, double loss, double rate) {
  double lowest = loss, highest = loss, change = 0, smoothness = 0;
  for (const double factor : {0.5, 1.0, 2.0, 4.0}) {
    Sequential moved = model;  // draws the same dropout and noise
    const std::vector<Parameter*> parameters = moved.state().parameters;
    double step_squared = 0, change_squared = 0;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const Tensor& g = gradients.parameters[p]->gradient;
      for (Index i = 0; i < g.size(); ++i) {
        const double step = factor * rate * static_cast<double>(g[i]);
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

}  // namespace

Diagnostics::Diagnostics(const std::filesystem::path& folder, const Sequential& model,
                         Index measured)
    : rows_(folder / "layers.csv", layer_columns(), measured * count_layers(model)),
      probes_(folder / "probes.csv", kProbeColumns, measured) {}

void Diagnostics::measure(Index epoch, double learning_rate, const Sequential& model,
                          const TrainTest& data, const Standardization& standardization,
                          const Config& config) {
  const Index size = std::min(config.train.batch_size, data.train.size());
  const Batch batch = make_batch(data.train, standardization, 0, size);
  // layers.csv. Training mode changes the copy's running statistics.
  Sequential before = model, copy = model;
  std::vector<std::pair<const Layer*, double>> inferences;  // with the sd of the output
  Tape inference;
  walk(before, inference.constant(batch.images), Mode::inference,
       [&](const std::string&, Layer& layer, Var, Var y) {
         inferences.emplace_back(&layer, sd(y.value().values()));
       });
  std::vector<std::tuple<std::string, Layer*, Var, Var>> visits;
  Tape tape;
  const double loss =
      backward(copy, batch, tape, [&](const std::string& name, Layer& layer, Var x, Var y) {
        y.keep_gradient();
        visits.emplace_back(name, &layer, x, y);
      });
  const double update_rate = learning_rate / (1 - config.optimizer.momentum);
  for (std::size_t i = 0; i < visits.size(); ++i) {
    const auto& [name, layer, x, y] = visits[i];
    const auto& [layer_before, inference_sd] = inferences[i];
    rows_.row(cells({std::to_string(epoch), name},
                    layer_row(*layer, *layer_before, x, y, inference_sd, update_rate)));
  }
  // probes.csv.
  const Index asked = std::min({kMostImages, data.test.size(), data.train.size() / 20});
  std::vector<double> probes;
  for (const Index batch_size : {config.train.batch_size, Index{1}}) {
    probes.push_back(
        accuracy_in_training_mode(model, data.test, standardization, asked, batch_size));
  }
  for (const double number : landscape(model, copy.state(), batch, loss, learning_rate))
    probes.push_back(number);
  probes_.row(cells({std::to_string(epoch)}, probes));
}

}  // namespace minitape
