#include "minitape/verify/gradient_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "minitape/core/random.hpp"

namespace minitape {
namespace {

constexpr Real kPrefill = 8;

// L, and by how much rounding may have moved it. Each term has been through a few operations, whose
// roundings add up as random steps do.
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
  constexpr double kOperations = 8, kEpsilon = double{std::numeric_limits<Real>::epsilon()};
  return {sum, kOperations * kEpsilon * std::sqrt(static_cast<double>(squares))};
}

// The weight of every yᵢ in L, which is also ∂L/∂yᵢ (for Σ yᵢ² but for the factor 2).
Tensor weights_of(const GradientCheckOptions& options, const Tensor& y) {
  if (options.probe == Probe::squares) return y;
  Tensor r = Tensor::full(y.shape(), 1);
  if (options.probe == Probe::sum) return r;
  Random random = stream(options.seed, "gradient_check/weights");
  for (Real& weight : r.values()) weight = static_cast<Real>(random.normal());
  return r;
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

double magnitude_of(double analytic, double numeric) {
  return std::max({1.0, std::abs(analytic), std::abs(numeric)});
}

// The numeric slope at one entry, or nothing when every step meets a kink or is lost in rounding.
std::optional<double> numeric_gradient(const LossAt& loss_at, double analytic,
                                       const GradientCheckOptions& options) {
  for (const double part : {1.0, 0.1, 0.01, 10.0, 100.0}) {
    const double h = options.step * part, numeric = slope(loss_at, h);
    // Only a disagreement needs an explanation.
    const double allowed = magnitude_of(analytic, numeric) * options.tolerance;
    if (std::abs(analytic - numeric) < allowed || std::isnan(numeric)) return numeric;
    const bool lost = loss_at(0).rounding / h > allowed / 4;
    if (!lost && !has_kink(loss_at, h, allowed / 4)) return numeric;
  }
  return std::nullopt;
}

// Which entries to check: all, or a random sample in increasing order.
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

GradientCheckRow check_tensor(Parameter& tensor, const std::function<Loss()>& loss,
                              const GradientCheckOptions& options) {
  GradientCheckRow row{.name = tensor.name, .shape = tensor.value.shape()};
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
    const double error = std::abs(analytic - *numeric) / magnitude_of(analytic, *numeric);
    if (error > row.error || std::isnan(error)) {
      row.error = error;
      row.index = i;
      row.value = static_cast<double>(original);
      row.analytic = analytic;
      row.numeric = *numeric;
    }
    if (std::isnan(error)) break;  // nothing can be worse
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
  Tape tape;
  const Var y = function(tape);
  // A tensor that the function forgets has gradient 0 both ways, and the check could not fail.
  for (const Parameter* tensor : tensors) {
    const bool used = std::ranges::count(tape.nodes(), tensor, &Tape::Node::parameter) > 0;
    MINITAPE_CHECK(used, "[gradient_check] the function must put every tensor on the tape: ",
                   tensor->name, " is not on it");
  }
  const Tensor weights = weights_of(options, y.value());
  const auto backward = [&](const Tensor&, Tensor dy) {
    Tensor dx = weights;
    const Real factor = dy.item() * (options.probe == Probe::squares ? 2 : 1);
    for (Real& weight : dx.values()) weight *= factor;
    y.add_gradient(std::move(dx));
  };
  const auto value = static_cast<Real>(loss_of(weights, y.value()).value);
  tape.backward(tape.record("probe", {y}, Tensor::scalar(value), backward));

  // Numeric gradients: the same loss of values that are moved a little.
  const auto loss = [&] {
    Tape moved;
    const Tensor& output = function(moved).value();
    return loss_of(options.probe == Probe::squares ? output : weights, output);
  };
  GradientReport report{name, options.tolerance, {}};
  for (Parameter* tensor : tensors) report.rows.push_back(check_tensor(*tensor, loss, options));
  for (Parameter* tensor : tensors) tensor->gradient.fill(0);
  return report;
}

bool GradientReport::clear() const {
  return std::all_of(rows.begin(), rows.end(), [](const auto& row) { return row.clear(); });
}

bool GradientReport::passed() const {
  return !rows.empty() && std::all_of(rows.begin(), rows.end(),
                                      [&](const auto& row) { return row.passed(tolerance); });
}

std::string GradientReport::to_string() const {
  std::string text, inputs;
  for (const GradientCheckRow& row : rows) inputs += concat(" ", row.name, " ", row.shape);
  for (const GradientCheckRow& row : rows) {
    const bool wrong = row.checked > 0 && !(row.error < tolerance);
    text += row.passed(tolerance) ? "ok    " : wrong ? "WRONG " : "UNCLEAR ";
    text += concat(function, ": ", row.name, " ", row.shape, ", ", row.checked, " of ",
                   row.shape.size(), " entries checked, ", row.left_out, " left out");
    if (row.checked > 0) text += concat(", largest error ", row.error);
    if (wrong) {
      text += concat(" (tolerance ", tolerance, ") at index ", row.index, ", value ", row.value,
                     ": analytic ", row.analytic, ", numeric ", row.numeric, "; inputs:", inputs);
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
