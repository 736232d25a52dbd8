// The curves of a comparison: each variant's mean over its seeds, with the standard deviation.
#include "minitape/compare/chart.hpp"

#include <algorithm>
#include <cmath>

#include "minitape/compare/results.hpp"

namespace minitape {
namespace {

constexpr std::size_t kMaxPoints = 200;

}  // namespace

std::vector<double> smoothed(const std::vector<double>& values) {
  std::vector<double> result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t count = std::min(i + 1, kSmoothing);
    double sum = 0;
    for (std::size_t k = i + 1 - count; k <= i; ++k) sum += values[k];
    result.push_back(sum / static_cast<double>(count));
  }
  return result;
}

Curve mean_curve(const std::string& label, const std::vector<double>& x,
                 const std::vector<std::vector<double>>& series, double factor) {
  Curve curve{.label = label};
  const std::size_t stride = std::max<std::size_t>(1, (x.size() + kMaxPoints - 1) / kMaxPoints);
  for (std::size_t i = stride - 1; i < x.size(); i += stride) {
    std::vector<double> values;
    for (const auto& run : series) {
      if (i < run.size() && std::isfinite(run[i])) values.push_back(factor * run[i]);
    }
    const MeanSd y = mean_sd(values);
    curve.points.push_back({x[i], y.mean, y.sd});
  }
  return curve;
}

std::vector<Chart> comparison_charts(const std::vector<VariantHistory>& variants) {
  Chart accuracy{"Test accuracy", "epoch", "%", {}};
  Chart loss{"Training loss", "step", "nats", {}};
  for (const VariantHistory& variant : variants) {
    std::vector<double> epochs, steps;  // of the run that went furthest
    std::vector<std::vector<double>> accuracies, losses;
    for (const RunHistory& run : variant.runs) {
      if (run.epochs.size() > epochs.size()) epochs = run.epochs;
      if (run.steps.size() > steps.size()) steps = run.steps;
      accuracies.push_back(run.test_accuracy);
      losses.push_back(smoothed(run.loss));
    }
    accuracy.curves.push_back(mean_curve(variant.name, epochs, accuracies, 100));
    loss.curves.push_back(mean_curve(variant.name, steps, losses, 1));
  }
  return {accuracy, loss};
}

}  // namespace minitape
