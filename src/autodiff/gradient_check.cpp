#include "minitape/autodiff/gradient_check.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "minitape/core/random.hpp"

namespace minitape {
namespace {

constexpr Real kPrefill = 8;

// The weighted sum L = Σ rᵢ·yᵢ as the last node of the tape.
Var weighted_sum(Var y, const Tensor& r) {
  double total = 0;
  for (Index i = 0; i < r.size(); ++i) {
    total += static_cast<double>(r[i]) * static_cast<double>(y.value()[i]);
  }
  return y.tape().record("weighted_sum", {y}, Tensor::scalar(static_cast<Real>(total)),
                         [=](const Tensor&, Tensor dy) {
                           Tensor dx = r;
                           for (Real& weight : dx.values()) weight *= dy.item();
                           y.add_gradient(std::move(dx));
                         });
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

using LossAt = std::function<double(double h)>;

double slope(const LossAt& loss_at, double h) {
  return (loss_at(h) - loss_at(-h)) / (2 * h);
}

// How much steeper the function is to the right of x than to the left.
double bend(const LossAt& loss_at, double h) {
  return (loss_at(h) - 2 * loss_at(0) + loss_at(-h)) / h;
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

}  // namespace

GradientReport check_gradients(const std::string& name, const std::function<Var(Tape&)>& function,
                               const std::vector<Parameter*>& tensors,
                               const GradientCheckOptions& options) {
  GradientReport report{name, options.tolerance, {}};

  // Analytic gradients, on top of the prefill.
  for (Parameter* tensor : tensors) tensor->gradient.fill(kPrefill);
  Tensor r;
  {
    Tape tape;
    const Var y = function(tape);
    check_on_tape(tape, tensors);
    r = random_weights(y.shape(), options.seed);
    tape.backward(weighted_sum(y, r));
  }
  const auto loss = [&] {
    Tape tape;
    return static_cast<double>(weighted_sum(function(tape), r).value().item());
  };

  for (Parameter* tensor : tensors) {
    GradientCheckRow row{.name = tensor->name, .shape = tensor->value.shape(), .error = -1};
    for (const Index i : entries_to_check(*tensor, options)) {
      // Numeric slope: move the entry to both sides, then put it back.
      Real& entry = tensor->value[i];
      const Real original = entry;
      const LossAt loss_at = [&](double h) {
        entry = original + static_cast<Real>(h);
        const double moved = loss();
        entry = original;
        return moved;
      };
      const double analytic = static_cast<double>(tensor->gradient[i] - kPrefill);
      const double numeric = slope(loss_at, options.step);
      const double magnitude = std::max({1.0, std::abs(analytic), std::abs(numeric)});
      const double error = std::abs(analytic - numeric) / magnitude;

      // A disagreement may be a kink instead of a wrong gradient.
      if (error >= options.tolerance &&
          has_kink(loss_at, options.step, magnitude * options.tolerance / 4)) {
        ++row.kinks;
        continue;
      }
      ++row.checked;
      if (error > row.error || std::isnan(error)) {
        row.error = error;
        row.index = i;
        row.value = static_cast<double>(original);
        row.analytic = analytic;
        row.numeric = numeric;
        if (std::isnan(error)) break;  // nothing can be worse
      }
    }
    tensor->gradient.fill(0);
    report.rows.push_back(row);
  }
  return report;
}

bool GradientCheckRow::passed(double tolerance) const {
  return checked > 0 && kinks * 10 <= checked + kinks && error < tolerance;
}

bool GradientReport::passed() const {
  return !rows.empty() && std::all_of(rows.begin(), rows.end(), [&](const GradientCheckRow& row) {
    return row.passed(tolerance);
  });
}

std::string GradientReport::to_string() const {
  std::string text;
  for (const GradientCheckRow& row : rows) {
    const bool good = row.passed(tolerance);
    text += concat(good ? "ok    " : "WRONG ", function, ": ", row.name, " ", row.shape, ", ",
                   row.checked, " of ", row.shape.size(), " entries checked, ", row.kinks,
                   " left out at kinks, largest error ", row.error);
    if (!good) {
      text += concat(" (tolerance ", tolerance, ") at index ", row.index, ", value ", row.value,
                     ": analytic ", row.analytic, ", numeric ", row.numeric);
    }
    text += "\n";
  }
  return text;
}

}  // namespace minitape
