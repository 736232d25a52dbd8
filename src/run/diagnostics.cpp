#include "minitape/run/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/run/layer_by_layer.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr Index kBins = 20;

constexpr const char* kProbeColumns =
    "epoch,test_accuracy_batch_statistics,test_accuracy_one_image,loss,loss_lowest,loss_highest,"
    "gradient_change,smoothness";
constexpr const char* kLayerColumns =
    "epoch,layer,mean,sd,p15,p50,p85,unit_p15,unit_p50,unit_p85,dead,gradient_norm,kernel_norm,"
    "bias_norm,parameter_gradient_norm,log10_update,inference_sd,mean_distance,variance_distance,"
    "low,high,h1,h2,h3,h4,h5,h6,h7,h8,h9,h10,h11,h12,h13,h14,h15,h16,h17,h18,h19,h20";

double norm(std::span<const Real> values) {
  double squares = 0;
  for (const Real value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

// Mean and deviation of all numbers.
std::vector<double> mean_and_sd(const Tensor& y) {
  const BatchStatistics all = batch_statistics(y.reshaped({y.size(), 1}));
  return {all.mean[0], std::sqrt(all.variance[0])};
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

// A layer in inference mode: the deviation of its output; the running statistics of a batch norm.
struct InInference {
  double sd;
  BatchStatistics running;
};

// Mean |running − batch| of the means and of the variances, for batch norm.
std::vector<double> distances(const BatchStatistics& running, const Tensor& x) {
  if (running.mean.empty()) return {kMissing, kMissing};
  const BatchStatistics batch = batch_statistics(x);
  double mean = 0, variance = 0;
  for (Index c = 0; c < x.channels(); ++c) {
    mean += std::abs(static_cast<double>(running.mean[c]) - batch.mean[c]);
    variance += std::abs(static_cast<double>(running.variance[c]) - batch.variance[c]);
  }
  const auto channels = static_cast<double>(x.channels());
  return {mean / channels, variance / channels};
}

// What is told of one layer, once its gradients are there: see the columns.
std::vector<double> layer_row(Layer& layer, Var x, Var y, const InInference& inference,
                              double update_rate) {
  std::vector<double> row;
  const auto append = [&row](const std::vector<double>& more) {
    row.insert(row.end(), more.begin(), more.end());
  };
  const std::span<const Real> values = y.value().values();
  append(mean_and_sd(y.value()));
  append(percentiles({values.begin(), values.end()}, {0.15, 0.5, 0.85}));
  std::vector<double> unit;
  for (Index i = 0; i < y.value().size(); i += y.value().channels()) {
    unit.push_back(static_cast<double>(y.value()[i]));
  }
  append(percentiles(unit, {0.15, 0.5, 0.85}));
  append({dead_part(layer, y.value()), norm(y.gradient().values())});

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
  append({kernel, bias, gradients.value_or(kMissing), update, inference.sd});
  append(distances(inference.running, x.value()));
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

}  // namespace

Diagnostics::Diagnostics(const std::filesystem::path& folder, const Sequential& model,
                         Index measured)
    : rows_(folder / "layers.csv", kLayerColumns, measured * count_layers(model)),
      probes_(folder / "probes.csv", kProbeColumns, measured) {}

void Diagnostics::measure(Index epoch, double learning_rate, const Sequential& model,
                          const TrainTest& data, const Standardization& standardization,
                          const Config& config) {
  const Index size = std::min(config.train.batch_size, data.train.size());
  const Batch batch = make_batch(data.train, standardization, 0, size);
  // layers.csv. Inference first: training mode changes the copy's running statistics.
  Sequential copy = model;
  std::vector<InInference> before;
  Tape inference;
  walk(copy, inference.constant(batch.images), Mode::inference,
       [&](const std::string&, Layer& layer, Var, Var y) {
         const auto* const batch_norm = dynamic_cast<const BatchNorm*>(&layer);
         before.push_back(
             {mean_and_sd(y.value())[1], batch_norm ? batch_norm->running() : BatchStatistics{}});
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
    rows_.row(
        cells({std::to_string(epoch), name}, layer_row(*layer, x, y, before[i], update_rate)));
  }
  // probes.csv.
  const Index most = std::min(data.test.size(), data.train.size() / 20);
  const auto accuracy = [&](Index images, Index batch_size) {
    return accuracy_in_training_mode(model, data.test, standardization, std::min(images, most),
                                     batch_size);
  };
  std::vector<double> probes{accuracy(1000, config.train.batch_size), accuracy(200, 1)};
  for (const double number : landscape(model, copy.state(), batch, loss, learning_rate))
    probes.push_back(number);
  probes_.row(cells({std::to_string(epoch)}, probes));
}

}  // namespace minitape
