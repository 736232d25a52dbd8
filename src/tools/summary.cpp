#include "minitape/tools/summary.hpp"

#include <set>

#include "minitape/norms/layers.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

// "(None, 28, 28, 1)": None stands for the batch size, which is not part of a model.
std::string batch_shape(const Shape& example) {
  const std::string rest = example.to_string();
  return "(None" + std::string(example.rank() > 0 ? ", " : "") + rest.substr(1);
}

std::string running_note(const BatchNormOptions& options) {
  const std::string start = concat("epsilon ", options.epsilon, "; running statistics ");
  if (options.running == RunningStatistics::cumulative) return start + "average all batches";
  return concat(start, "keep ", 100 * options.ema_decay, " % of the old value (PyTorch momentum ",
                significant(1 - options.ema_decay), ", Keras ", options.ema_decay, ")");
}

// Whether it subtracts the mean of the batch, and with that any bias in front of it.
bool subtracts_bias(const Layer& layer) {
  const auto* const variant = dynamic_cast<const BatchNormVariant*>(&layer);
  return layer.type() == "batch_norm" &&
         !(variant && variant->variation().statistics == StatisticsFrom::running);
}

void add_rows(const Sequential& model, Shape shape, std::vector<SummaryRow>& rows) {
  for (std::size_t i = 0; i < model.size(); ++i) {
    const Layer& layer = model.layer(i);
    shape = layer.output_shape(shape);
    if (const auto* residual = dynamic_cast<const Residual*>(&layer)) {
      add_rows(residual->body(), shape, rows);
      rows.push_back({.layer = model.name(i), .output = shape, .note = "adds its input"});
      continue;
    }
    SummaryRow row{.layer = model.name(i), .output = shape};
    Index biases = 0;
    const ConstLayerState state = layer.const_state();
    for (const Parameter* parameter : state.parameters) {
      (parameter->trainable ? row.trainable : row.not_trainable) += parameter->value.size();
      if (parameter->role == Role::bias) biases += parameter->value.size();
    }
    for (const Buffer* buffer : state.buffers) row.not_trainable += buffer->value.size();
    if (const auto* batch_norm = dynamic_cast<const BatchNorm*>(&layer)) {
      row.note = running_note(batch_norm->options());
    }
    if (biases > 0 && i + 1 < model.size() && subtracts_bias(model.layer(i + 1))) {
      row.note = "its " + grouped(biases) + " biases have no effect: " + model.name(i + 1) +
                 " subtracts them again";
    }
    rows.push_back(row);
  }
}

}  // namespace

std::string Summary::to_string() const {
  std::vector<std::vector<std::string>> table{{"layer", "output shape", "parameters"},
                                              {"input", batch_shape(input), "0"}};
  std::set<std::string> told;  // a note that many layers share is told once
  for (const SummaryRow& row : rows) {
    table.push_back({row.layer, batch_shape(row.output), grouped(row.trainable + row.not_trainable),
                     told.insert(row.note).second ? row.note : ""});
  }
  return aligned(table, "llrl") + concat("\nTotal parameters: ", grouped(trainable + not_trainable),
                                         "\nTrainable:        ", grouped(trainable),
                                         "\nNot trainable:    ", grouped(not_trainable), "\n");
}

Summary summarize(const Sequential& model, const Shape& input) {
  model.output_shape(input);  // throws with the names of both layers
  Summary summary{.input = input};
  add_rows(model, input, summary.rows);
  for (const SummaryRow& row : summary.rows) {
    summary.trainable += row.trainable;
    summary.not_trainable += row.not_trainable;
  }
  return summary;
}

// ---- Memory ----

MemoryEstimate estimate_memory(const Summary& summary, const Config& config) {
  constexpr double kBytes = sizeof(Real);
  const double trainable = kBytes * static_cast<double>(summary.trainable);
  double per_image = static_cast<double>(summary.input.size());
  for (const SummaryRow& row : summary.rows) per_image += static_cast<double>(row.output.size());
  const double parameters = trainable + kBytes * static_cast<double>(summary.not_trainable);
  return {.batch_size = config.train.batch_size,
          .parameters = parameters,
          .gradients = trainable,
          .optimizer = (config.optimizer.momentum > 0 ? trainable : 0) +
                       (config.optimizer.lookahead_steps > 0 ? parameters : 0),
          .activations = kBytes * static_cast<double>(config.train.batch_size) * per_image};
}

std::string MemoryEstimate::to_text() const {
  const auto megabytes = [](double bytes) { return fixed(bytes / 1e6, 1); };
  return concat("Memory of a training step with batches of ", batch_size,
                ", in MB (10^6 bytes):\n") +
         aligned({{"parameters", megabytes(parameters)},
                  {"gradients", megabytes(gradients)},
                  {"optimizer", megabytes(optimizer)},
                  {"activations", megabytes(activations)},
                  {"together", megabytes(parameters + gradients + optimizer + activations)}});
}

}  // namespace minitape
