#include "minitape/tools/gradcheck.hpp"

#include <algorithm>
#include <cmath>

#include "minitape/core/random.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

void fill_normal(Tensor& tensor, const std::string& name, std::uint64_t seed, double deviation) {
  Random random = stream(seed, "gradcheck/" + name);
  for (Real& value : tensor.values()) value = static_cast<Real>(deviation * random.normal());
}

// A state unlike the one that layers start with, in which mistakes do not cancel out. Kernels keep
// their initial values, whose size suits the depth of the network, unless they are all zero.
void randomize(Sequential& model, std::uint64_t seed) {
  const LayerState state = model.state();
  for (Parameter* parameter : state.parameters) {
    Tensor& value = parameter->value;
    const bool zero = std::ranges::all_of(value.values(), [](Real v) { return v == 0; });
    if (parameter->role != Role::kernel || zero) {
      fill_normal(value, parameter->name, seed, parameter->role == Role::gamma ? 1 : 0.5);
    }
  }
  for (Buffer* buffer : state.buffers) {
    fill_normal(buffer->value, buffer->name, seed, 0.5);
    if (buffer->name.find("variance") == std::string::npos) continue;
    for (Real& value : buffer->value.values()) value = std::abs(value) + Real(0.5);
  }
}

// Which choices make the check weaker than its numbers look.
std::vector<std::string> warnings_about(Sequential& model, const Tensor& x, Probe probe) {
  std::vector<std::string> warnings;
  if (probe != Probe::random) {
    const std::string loss = probe == Probe::sum ? "Σ yᵢ" : "Σ yᵢ²";
    warnings.push_back(concat("the loss ", loss,
                              " is a bad probe: after batch norm its gradient is ",
                              probe == Probe::sum ? "0" : "almost 0",
                              " whatever the layers before it do. Use --probe random"));
  }
  Tape tape;
  model.forward(tape.constant(x), Mode::training);
  for (const Tape::Node& node : tape.nodes()) {
    // Alone, or with what follows it; with given statistics any number of values will do.
    if (!node.operation.starts_with("batch_norm")) continue;
    if (node.operation == "batch_norm_inference") continue;
    const auto input = static_cast<std::size_t>(node.inputs[0]);
    if (tape.nodes()[input].current_value().rows() != 2) continue;
    warnings.push_back(concat(node.layer,
                              " normalizes only two values per channel: whatever they are, "
                              "they become nearly ±1 and the gradient through them nearly 0. "
                              "Use --batch 3 or more"));
  }
  return warnings;
}

}  // namespace

ModelCheck check_model(const std::string& name, Sequential& model, const Shape& input,
                       const ModelCheckOptions& options) {
  MINITAPE_CHECK(options.batch_size >= 1, "[gradcheck] the batch needs at least one image: got ",
                 options.batch_size);
  randomize(model, options.check.seed);
  Parameter x("input", Role::kernel, input.with_batch(options.batch_size));
  fill_normal(x.value, "images", options.check.seed, 1);

  const LayerState state = model.state();
  std::vector<Parameter*> tensors{&x};
  std::ranges::copy_if(state.parameters, std::back_inserter(tensors), &Parameter::trainable);
  const auto check = [&](const char* mode_name, Mode mode) {
    const auto function = [&](Tape& tape) {
      for (Counter* counter : state.counters) counter->value = 0;  // the same dropout every time
      return model.forward(tape.parameter(x), mode);
    };
    return check_gradients(concat(name, " in ", mode_name), function, tensors, options.check);
  };
  // Inference first: each call in training mode moves the running statistics.
  GradientReport inference = check("inference", Mode::inference);
  GradientReport training = check("training", Mode::training);
  return {name, x.value.shape(), std::move(training), std::move(inference),
          warnings_about(model, x.value, options.check.probe)};
}

std::string ModelCheck::to_string() const {
  const auto error_of = [](const GradientCheckRow& row) {
    return row.checked > 0 ? scientific(row.error, 1) : "-";
  };
  std::vector<std::vector<std::string>> table{
      {"tensor", "shape", "checked", "left out", "training", "inference"}};
  std::string notes;
  for (std::size_t i = 0; i < training.rows.size(); ++i) {
    const GradientCheckRow &a = training.rows[i], &b = inference.rows[i];
    const bool good = a.passed(training.tolerance) && b.passed(inference.tolerance);
    const bool clear = a.clear() && b.clear();
    table.push_back({a.name, concat(a.shape),
                     concat(std::min(a.checked, b.checked), " of ", a.shape.size()),
                     std::to_string(a.left_out + b.left_out), error_of(a), error_of(b),
                     good ? "" : (clear ? "WRONG" : "UNCLEAR")});
    const bool in_training = a.vacuous(training.tolerance);
    const bool in_inference = b.vacuous(inference.tolerance);
    if (!in_training && !in_inference) continue;
    notes += concat("warning: all checked gradients of ", a.name, " are 0, or nearly, in ",
                    in_training && in_inference ? "both modes"
                    : in_training               ? "training"
                                                : "inference",
                    ": there, this check says nothing\n");
  }
  for (const std::string& warning : warnings) notes += "warning: " + warning + "\n";

  std::string text =
      concat(name, ": gradients with respect to random images ", input, " and to all parameters\n",
             "error = |analytic − numeric| / max(1, |analytic|, |numeric|), tolerance ",
             training.tolerance, "\n\n", aligned(table, "llrrrrl"), "\n", notes);
  for (const GradientReport* report : {&training, &inference}) {
    if (!report->passed()) text += report->to_string();
  }
  const bool clear = training.clear() && inference.clear();
  return text + (!clear          ? "a gradient could not be checked, or is WRONG\n"
                 : !passed()     ? "a gradient is WRONG\n"
                 : notes.empty() ? "all gradients are right\n"
                                 : "all gradients are right, but see the warnings\n");
}

}  // namespace minitape
