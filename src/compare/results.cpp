#include "minitape/compare/results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "minitape/text/numbers.hpp"
#include "minitape/text/words.hpp"

namespace minitape {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

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

// ---- The answer ----

namespace {

bool is_switch(const Variation& variation) {
  const std::vector<std::string> on_last{"false", "true"}, off_last{"true", "false"};
  return variation.values == on_last || variation.values == off_last;
}

// "+1.23" or "−0.40" points, from a part of 1.
std::string points(double part) {
  const std::string size = fixed(100 * std::abs(part), 2);
  return (part < 0 && size != "0.00" ? "−" : "+") + size;
}

std::string sentence(const VariantHistory& a, const VariantHistory& b) {
  const MeanSd difference = paired_difference(a, b);
  const std::size_t pairs = difference.count;
  std::string text = a.name + " minus " + b.name + ": ";
  if (pairs == 0) return text + "no seed was completed with both.";
  text += points(difference.mean) + " points of final test accuracy on average over " +
          concat(pairs, pairs == 1 ? " seed" : " seeds");
  if (pairs < a.runs.size()) text += concat(" of ", a.runs.size(), ", those completed with both");
  if (pairs < 3) return text + "; a 95 % interval takes 3 or more (--seeds).";
  // Equal differences but for rounding: the seeds change nothing, so they do not show chance.
  if (difference.sd < 1e-9) return text + "; all seeds say the same: there is no 95 % interval.";
  const double half = half_interval(difference);
  const double low = difference.mean - half, high = difference.mean + half;
  return text + "; the 95 % interval, " + points(low) + " to " + points(high) +
         (low <= 0 && high >= 0 ? ", contains 0: this may be chance." : ", does not contain 0.");
}

}  // namespace

std::vector<std::string> answer(const std::vector<Variation>& variations,
                                const std::vector<VariantHistory>& variants) {
  // The key that makes the pairs, and the position of the value that the others are held against.
  auto key = std::ranges::find_if(variations, is_switch);
  if (key == variations.end()) key = variations.begin();
  const std::size_t base = is_switch(*key) && key->values[1] == "false" ? 1 : 0;
  // How far apart variants are that differ in this key's neighbouring values alone.
  std::size_t stride = 1;
  for (auto after = key + 1; after != variations.end(); ++after) stride *= after->values.size();

  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const std::size_t value = i / stride % key->values.size();
    if (value == base) continue;
    sentences.push_back(sentence(variants[i], variants[i + base * stride - value * stride]));
  }
  for (const VariantHistory& variant : variants) {
    std::vector<std::string> at;
    for (const RunHistory& run : variant.runs) {
      if (run.diverged_at) at.push_back(concat(*run.diverged_at, " (seed ", run.seed, ")"));
    }
    if (!at.empty()) sentences.push_back(variant.name + ": diverged at step " + joined(at) + ".");
  }
  return sentences;
}

}  // namespace minitape
