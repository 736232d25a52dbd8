#include "minitape/tools/summary.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <set>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

// "(None, 28, 28, 1)": None stands for the batch size, which is not part of a model.
std::string batch_shape(const Shape& example) {
  const std::string rest = example.to_string();
  return "(None" + std::string(example.rank() > 0 ? ", " : "") + rest.substr(1);
}

std::string running_note(const BatchNormOptions& options) {
  std::ostringstream text;
  text << "epsilon " << options.epsilon << "; running statistics ";
  if (options.running == RunningStatistics::cumulative) {
    text << "average all batches";
  } else {
    text << "keep " << 100 * options.ema_decay << " % of the old value (PyTorch momentum "
         << std::round(1e6 * (1 - options.ema_decay)) / 1e6 << ", Keras " << options.ema_decay
         << ")";
  }
  return text.str();
}

// A bias in front of batch norm is subtracted again together with the mean.
Index useless_biases(const Layer& layer, const Layer* next) {
  if (!next || next->type() != "batch_norm") return 0;
  Index count = 0;
  for (const Parameter* parameter : layer.const_state().parameters) {
    if (parameter->role == Role::bias) count += parameter->value.size();
  }
  return count;
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
    const ConstLayerState state = layer.const_state();
    for (const Parameter* parameter : state.parameters) row.trainable += parameter->value.size();
    for (const Buffer* buffer : state.buffers) row.not_trainable += buffer->value.size();
    if (const auto* batch_norm = dynamic_cast<const BatchNorm*>(&layer)) {
      row.note = running_note(batch_norm->options());
    }
    const Layer* next = i + 1 < model.size() ? &model.layer(i + 1) : nullptr;
    if (const Index useless = useless_biases(layer, next)) {
      row.note = "its " + grouped(useless) + " biases have no effect: " + model.name(i + 1) +
                 " subtracts them again";
    }
    rows.push_back(row);
  }
}

}  // namespace

Index Summary::trainable() const {
  Index total = 0;
  for (const SummaryRow& row : rows) total += row.trainable;
  return total;
}

Index Summary::not_trainable() const {
  Index total = 0;
  for (const SummaryRow& row : rows) total += row.not_trainable;
  return total;
}

std::string Summary::to_string() const {
  std::size_t name_width = 5, shape_width = 12;
  for (const SummaryRow& row : rows) {
    name_width = std::max(name_width, row.layer.size());
    shape_width = std::max(shape_width, batch_shape(row.output).size());
  }
  std::ostringstream text;
  const auto line = [&](const std::string& layer, const std::string& shape,
                        const std::string& parameters, const std::string& note) {
    text << std::left << std::setw(static_cast<int>(name_width) + 2) << layer
         << std::setw(static_cast<int>(shape_width) + 2) << shape << std::right << std::setw(11)
         << parameters << (note.empty() ? "" : "   ") << note << "\n";
  };
  line("layer", "output shape", "parameters", "");
  line("input", batch_shape(input), "0", "");
  std::set<std::string> told;  // a note that many layers share is told once
  for (const SummaryRow& row : rows) {
    const bool is_new = told.insert(row.note).second;
    line(row.layer, batch_shape(row.output), grouped(row.trainable + row.not_trainable),
         is_new ? row.note : "");
  }
  text << "\nTotal parameters: " << grouped(trainable() + not_trainable())
       << "\nTrainable:        " << grouped(trainable())
       << "\nNot trainable:    " << grouped(not_trainable()) << "\n";
  return text.str();
}

Summary summarize(const Sequential& model, const Shape& input) {
  model.output_shape(input);  // throws with the names of both layers
  Summary summary{input, {}};
  add_rows(model, input, summary.rows);
  return summary;
}

}  // namespace minitape
