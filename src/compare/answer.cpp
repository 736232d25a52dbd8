// The answer of a comparison: a sentence for each pair of variants.
#include "minitape/compare/results.hpp"

#include <algorithm>
#include <cmath>

#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

bool is_switch(const Variation& variation) {
  std::vector<std::string> values = variation.values;
  std::sort(values.begin(), values.end());
  return values == std::vector<std::string>{"false", "true"};
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
  auto key = std::find_if(variations.begin(), variations.end(), is_switch);
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
    std::string runs;
    for (const RunHistory& run : variant.runs) {
      if (!run.diverged_at) continue;
      runs += concat(runs.empty() ? "" : ", ", *run.diverged_at, " (seed ", run.seed, ")");
    }
    if (!runs.empty()) sentences.push_back(variant.name + ": diverged at step " + runs + ".");
  }
  return sentences;
}

}  // namespace minitape
