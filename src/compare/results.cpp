#include "minitape/compare/results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace minitape {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

MeanSd mean_sd(const std::vector<double>& values) {
  MeanSd result{kNaN, kNaN, 0};
  double sum = 0, squares = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++result.count;
  }
  if (result.count == 0) return result;
  result.mean = sum / static_cast<double>(result.count);
  for (const double value : values) {
    if (!std::isnan(value)) squares += (value - result.mean) * (value - result.mean);
  }
  if (result.count > 1) result.sd = std::sqrt(squares / static_cast<double>(result.count - 1));
  return result;
}

double half_interval(const MeanSd& value) {
  // The 97.5 % quantile of Student's t for 2, 3, … 10 degrees of freedom. Beyond that the last one
  // makes the interval a little wider than it need be.
  constexpr std::array kStudent{4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  if (value.count < 3) return kNaN;
  const double t = kStudent[std::min(value.count - 3, kStudent.size() - 1)];
  return t * value.sd / std::sqrt(static_cast<double>(value.count));
}

MeanSd paired_difference(const VariantHistory& a, const VariantHistory& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.runs.size() && i < b.runs.size(); ++i) {
    if (!a.runs[i].is_complete() || !b.runs[i].is_complete()) continue;
    differences.push_back(a.runs[i].test_accuracy.back() - b.runs[i].test_accuracy.back());
  }
  return mean_sd(differences);
}

std::string data_sentence(const std::vector<VariantHistory>& variants) {
  std::set<std::string> sets;
  for (const VariantHistory& variant : variants) {
    for (const RunHistory& run : variant.runs) sets.insert(run.data);
  }
  if (sets.contains("")) {
    return "Some runs have no checksum of their data: whether all saw the same images is not "
           "known.";
  }
  return sets.size() == 1 ? "All runs saw the same data: " + *sets.begin() + "."
                          : concat("The runs saw ", sets.size(), " different sets of data.");
}

double steps_to_reach(const RunHistory& run, double threshold) {
  double window = 0;  // sum over the last kSmoothing steps
  for (std::size_t i = 0; i < run.accuracy.size(); ++i) {
    window += run.accuracy[i];
    if (i >= kSmoothing) window -= run.accuracy[i - kSmoothing];
    const bool full = i + 1 >= kSmoothing;
    if (full && window >= threshold * static_cast<double>(kSmoothing) - 1e-9) return run.steps[i];
  }
  return kNaN;
}

}  // namespace minitape
