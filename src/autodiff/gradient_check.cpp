#include "minitape/autodiff/gradient_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "minitape/core/random.hpp"

namespace minitape {
namespace {

constexpr Real kPrefill = 8;

// L with more digits than its terms have, and by how much rounding of the terms may have moved it.
struct Loss {
  long double value = 0;
  double rounding = 0;
};
Loss loss_of(const Tensor& weights, const Tensor& y) {
  long double sum = 0, squares = 0;
  for (Index i = 0; i < weights.size(); ++i) {
    const long double term = static_cast<long double>(weights[i]) * static_cast<long double>(y[i]);
    sum += term;
    squares += term * term;
  }
  // Each output has been through a few operations; their roundings add up as random steps do.
  constexpr double kOperations = 8;
  return {sum, kOperations * static_cast<double>(std::numeric_limits<Real>::epsilon()) *
                   std::sqrt(static_cast<double>(squares))};
}

Tensor weights_of(Probe probe, const Tensor& y, const Tensor& r) {
  return probe == Probe::random ? r : probe == Probe::sum ? Tensor::full(y.shape(), 1) : y;
}

// L as the last node of the tape: Σ rᵢ·yᵢ, or one of the sums that hide mistakes.
Var probe_loss(Probe probe, Var y, const Tensor& r) {
  // The weight of yᵢ, which is also ∂L/∂yᵢ (for Σ yᵢ² but for the factor 2).
  const Tensor weights = weights_of(probe, y.value(), r);
  const auto backward = [=](const Tensor&, Tensor dy) {
    Tensor dx = weights;
    const Real factor = dy.item() * (probe == Probe::squares ? 2 : 1);
    for (Real& weight : dx.values()) weight *= factor;
    y.add_gradient(std::move(dx));
  };
  const Tensor loss = Tensor::scalar(static_cast<Real>(loss_of(weights, y.value()).value));
  return y.tape().record("probe", {y}, loss, backward);
}

Tensor random_weights(const Shape& shape, std::uint64_t seed) {
  Random random = stream(seed, "gradient_check/weights");
  Tensor r = Tensor::uninitialized(shape);
  for (Real& weight : r.values()) weight = static_cast<Real>(random.normal());
  return r;
}

// Which entries of a tensor to check: all, or a random sample in increasing order.
std::vector<Index> entries_to_check(const Parameter& tensor, const GradientCheckOptions& options) {
  std::vector<Index> entries(static_cast<std::size_t>(tensor.value.size()));
  std::iota(entries.begin(), entries.end(), Index{0});
  if (tensor.value.size() > options.max_entries) {
    stream(options.seed, "gradient_check/entries/" + tensor.name).shuffle(entries);
    entries.resize(static_cast<std::size_t>(options.max_entries));
    std::sort(entries.begin(), entries.end());
  }
  return entries;
}

// ---- Differences, given L(x + h) as a function of h ----

using LossAt = std::function<Loss(double h)>;

double slope(const LossAt& loss_at, double h) {
  return static_cast<double>((loss_at(h).value - loss_at(-h).value) / (2 * h));
}

// How much steeper the function is to the right of x than to the left.
double bend(const LossAt& loss_at, double h) {
  return static_cast<double>((loss_at(h).value - 2 * loss_at(0).value + loss_at(-h).value) / h);
}

// Where the function is smooth, half the step gives the same slope and half the bend. A corner
// beside x changes the slope; one at x itself does not, but its bend stays.
bool has_kink(const LossAt& loss_at, double h, double threshold) {
  return std::abs(slope(loss_at, h) - slope(loss_at, h / 2)) >= threshold ||
         std::abs(bend(loss_at, h) - 2 * bend(loss_at, h / 2)) >= threshold;
}

// A tensor that the function forgets has gradient 0 both ways, and the check could not fail.
void check_on_tape(const Tape& tape, const std::vector<Parameter*>& tensors) {
  for (const Parameter* tensor : tensors) {
    const auto& nodes = tape.nodes();
    const bool used = std::any_of(nodes.begin(), nodes.end(),
                                  [&](const Tape::Node& node) { return node.parameter == tensor; });
    MINITAPE_CHECK(used, "[gradient_check] the function must put every tensor on the tape: ",
                   tensor->name, " is not on it");
  }
}

// ---- One tensor ----

double relative_error(double analytic, double numeric) {
  return std::abs(analytic - numeric) / std::max({1.0, std::abs(analytic), std::abs(numeric)});
}

// The numeric slope at one entry, or nothing when every step meets a kink or is lost in rounding.
std::optional<double> numeric_gradient(const LossAt& loss_at, double analytic,
                                       const GradientCheckOptions& options) {
  const double rounding = loss_at(0).rounding;
  for (const double part : {1.0, 0.1, 0.01, 10.0, 100.0}) {
    const double h = options.step * part;
    const double numeric = slope(loss_at, h);
    const double magnitude = std::max({1.0, std::abs(analytic), std::abs(numeric)});
    // Only a disagreement needs an explanation.
    if (relative_error(analytic, numeric) < options.tolerance) return numeric;
    const bool lost = rounding / h > magnitude * options.tolerance / 4;
    if (!lost && !has_kink(loss_at, h, magnitude * options.tolerance / 4)) return numeric;
    if (std::isnan(numeric)) return numeric;
  }
  return std::nullopt;
}

GradientCheckRow check_tensor(Parameter& tensor, const std::function<Loss()>& loss,
                              const GradientCheckOptions& options) {
  GradientCheckRow row{.name = tensor.name, .shape = tensor.value.shape(), .error = -1};
  for (const Index i : entries_to_check(tensor, options)) {
    // Moves the entry by h, then puts it back.
    Real& entry = tensor.value[i];
    const Real original = entry;
    const LossAt loss_at = [&](double h) {
      entry = original + static_cast<Real>(h);
      const Loss moved = loss();
      entry = original;
      return moved;
    };
    const double analytic = static_cast<double>(tensor.gradient[i] - kPrefill);
    const std::optional<double> numeric = numeric_gradient(loss_at, analytic, options);
    if (!numeric) {
      ++row.left_out;
      continue;
    }
    ++row.checked;
    row.largest = std::max({row.largest, std::abs(analytic), std::abs(*numeric)});
    const double error = relative_error(analytic, *numeric);
    if (error > row.error || std::isnan(error)) {
      row.error = error;
      row.index = i;
      row.value = static_cast<double>(original);
      row.analytic = analytic;
      row.numeric = *numeric;
      if (std::isnan(error)) break;  // nothing can be worse
    }
  }
  return row;
}

}  // namespace

GradientReport check_gradients(const std::string& name, const std::function<Var(Tape&)>& function,
                               const std::vector<Parameter*>& tensors,
                               const GradientCheckOptions& options) {
  MINITAPE_CHECK(options.step > 0 && options.tolerance > 0 && options.max_entries >= 1,
                 "[gradient_check] step, tolerance and max_entries must be positive: got ",
                 options.step, ", ", options.tolerance, " and ", options.max_entries);
  // Analytic gradients, on top of the prefill.
  for (Parameter* tensor : tensors) tensor->gradient.fill(kPrefill);
  Tensor r;
  {
    Tape tape;
    const Var y = function(tape);
    check_on_tape(tape, tensors);
    r = random_weights(y.shape(), options.seed);
    tape.backward(probe_loss(options.probe, y, r));
  }
  const auto loss = [&] {
    Tape tape;
    const Tensor& y = function(tape).value();
    return loss_of(weights_of(options.probe, y, r), y);
  };

  GradientReport report{name, options.tolerance, {}};
  for (Parameter* tensor : tensors) {
    report.rows.push_back(check_tensor(*tensor, loss, options));
    tensor->gradient.fill(0);
  }
  return report;
}

bool GradientCheckRow::passed(double tolerance) const {
  return clear() && error < tolerance;
}

bool GradientReport::clear() const {
  return std::all_of(rows.begin(), rows.end(),
                     [](const GradientCheckRow& row) { return row.clear(); });
}

bool GradientReport::passed() const {
  return !rows.empty() && std::all_of(rows.begin(), rows.end(), [&](const GradientCheckRow& row) {
    return row.passed(tolerance);
  });
}

std::string GradientReport::to_string() const {
  std::string text, inputs;
  for (const GradientCheckRow& row : rows) {
    inputs += concat(inputs.empty() ? "" : ", ", row.name, " ", row.shape);
  }
  for (const GradientCheckRow& row : rows) {
    const bool good = row.passed(tolerance);
    const bool wrong = row.checked > 0 && !(row.error < tolerance);
    text += concat(good    ? "ok    "
                   : wrong ? "WRONG "
                           : "UNCLEAR ",
                   function, ": ", row.name, " ", row.shape, ", ", row.checked, " of ",
                   row.shape.size(), " entries checked, ", row.left_out, " left out");
    if (row.checked > 0) text += concat(", largest error ", row.error);
    if (wrong) {
      text += concat(" (tolerance ", tolerance, ") at index ", row.index, ", value ", row.value,
                     ": analytic ", row.analytic, ", numeric ", row.numeric, "; inputs: ", inputs);
    }
    if (!row.clear()) {
      text += "; too many entries are at kinks or lost in rounding: nothing is proved";
    }
    if (row.vacuous(tolerance)) {
      text += concat("; says nothing: all gradients are below the tolerance, the largest is ",
                     row.largest);
    }
    text += "\n";
  }
  return text;
}

}  // namespace minitape
