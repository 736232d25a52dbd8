#include "minitape/compare/answer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compare/answer_sentences.hpp"

namespace minitape {
namespace {

// Two variants to judge, by their positions: is `a` better than `b`?
struct Pair {
  std::size_t a = 0, b = 0;
};

bool is_switch(const Variation& variation) {
  const auto& values = variation.values;
  return values.size() == 2 && std::count(values.begin(), values.end(), "true") == 1 &&
         std::count(values.begin(), values.end(), "false") == 1;
}

// The one varied key that is a switch; none where there are several.
std::optional<std::size_t> find_switch(const std::vector<Variation>& variations) {
  const auto found = std::find_if(variations.begin(), variations.end(), is_switch);
  if (std::count_if(variations.begin(), variations.end(), is_switch) != 1) return {};
  return static_cast<std::size_t>(found - variations.begin());
}

// How many variants lie between neighbouring values of a variation: the last one runs fastest.
std::size_t stride_of(const std::vector<Variation>& variations, std::size_t which) {
  std::size_t stride = 1;
  for (std::size_t i = which + 1; i < variations.size(); ++i) stride *= variations[i].values.size();
  return stride;
}

// The switch on and off, for each setting of the other variations.
std::vector<Pair> switch_pairs(const std::vector<Variation>& variations, std::size_t which,
                               std::size_t variants) {
  const std::size_t stride = stride_of(variations, which);
  const bool on_is_first = variations[which].values[0] == "true";
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < variants; ++i) {
    if (i / stride % 2 == 1) continue;  // the second value of the switch
    pairs.push_back(on_is_first ? Pair{i, i + stride} : Pair{i + stride, i});
  }
  return pairs;
}

// "learning_rate = 0.1": what variant i has for the variations other than `which`.
std::string setting(const std::vector<Variation>& variations, std::size_t which, std::size_t i) {
  std::string text;
  for (std::size_t v = 0; v < variations.size(); ++v) {
    if (v == which) continue;
    const auto& values = variations[v].values;
    text += (text.empty() ? "" : ", ") + short_name(variations[v].key) + " = " +
            values[i / stride_of(variations, v) % values.size()];
  }
  return text;
}

// The only one of the two that has results, or nullptr.
const VariantResult* only_one(const VariantResult& a, const VariantResult& b) {
  const bool has_a = a.final_accuracy.count > 0, has_b = b.final_accuracy.count > 0;
  return has_a == has_b ? nullptr : has_a ? &a : &b;
}

// ---- Answers ----

// One pair decides. `good` and `bad` are the verdicts for a clear difference.
Answer judge(const std::vector<VariantHistory>& variants, const Comparison& comparison, Pair pair,
             const std::string& good, const std::string& bad) {
  const MeanSd difference = paired_difference(variants[pair.a], variants[pair.b]);
  const VariantResult &a = comparison.variants[pair.a], &b = comparison.variants[pair.b];
  if (difference.count == 0) {
    const VariantResult* const only = only_one(a, b);
    if (only == nullptr) return {"No seed was completed with both.", {}, {}};
    return {"Only " + only->name + " completes the training.",
            {"Of the test images " + at_the_end(*only) + " right at the end."},
            {}};
  }
  Answer answer;
  answer.verdict = is_clear(difference)    ? (difference.mean > 0 ? good : bad)
                   : difference.count >= 3 ? "No clear difference."
                   : difference.count == 2 ? "Two seeds cannot tell."
                                           : "One seed cannot tell.";
  answer.sentences = {
      concat("Of the test images ", at_the_end(a), " right at the end, ", b.name, " ",
             with_spread(b.final_accuracy, 100, 2), " %: seed by seed a difference of ",
             points(difference), ". ", about_chance(difference)),
      about_speed(comparison.thresholds, a, b)};
  return answer;
}

// The switch at several settings: one line each, and how many say what.
Answer judge_settings(const Experiment& experiment, std::size_t which,
                      const std::vector<VariantHistory>& variants, const Comparison& comparison) {
  Index better = 0, worse = 0, unclear = 0, only_on = 0, only_off = 0, neither = 0;
  Answer answer;
  const auto pairs = switch_pairs(experiment.variations, which, variants.size());
  for (const Pair& pair : pairs) {
    const MeanSd difference = paired_difference(variants[pair.a], variants[pair.b]);
    const VariantResult &a = comparison.variants[pair.a], &b = comparison.variants[pair.b];
    std::string text = setting(experiment.variations, which, pair.a) + ": ";
    if (difference.count > 0) {
      const bool clear = is_clear(difference), up = difference.mean > 0;
      ++(!clear ? unclear : up ? better : worse);
      text += points(difference) + ", " +
              (!clear ? "no clear difference"
               : up   ? "clearly better"
                      : "clearly worse");
    } else if (const VariantResult* const only = only_one(a, b)) {
      ++(only == &a ? only_on : only_off);
      text += concat("completed only ", only == &a ? "with" : "without", " it, with ",
                     with_spread(only->final_accuracy, 100, 2), " %");
    } else {
      ++neither;
      text += "no seed was completed both with and without it";
    }
    answer.settings.push_back(text);
  }
  const std::pair<Index, const char*> counts[] = {{better, "clearly better at "},
                                                  {worse, "clearly worse at "},
                                                  {unclear, "no clear difference at "},
                                                  {only_on, "completed only with it at "},
                                                  {only_off, "completed only without it at "},
                                                  {neither, "not comparable at "}};
  for (const auto& [count, what] : counts) {
    if (count > 0) answer.verdict += concat(answer.verdict.empty() ? "" : ", ", what, count);
  }
  answer.verdict = concat("Of ", pairs.size(), " settings: ", answer.verdict, ".");
  const std::string key = short_name(experiment.variations[which].key);
  answer.sentences = {"Final test accuracy with " + key + " = true minus that with " + key +
                      " = false, seed by seed:"};
  return answer;
}

// The names of those that completed runs and are not clearly worse than the best.
std::string not_clearly_behind(const std::vector<VariantHistory>& variants,
                               const Comparison& comparison, std::size_t best) {
  std::string names;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (i == best || comparison.variants[i].final_accuracy.count == 0) continue;
    const MeanSd difference = paired_difference(variants[best], variants[i]);
    if (is_clear(difference) && difference.mean > 0) continue;
    names += (names.empty() ? "" : "; ") + comparison.variants[i].name;
  }
  return names;
}

// The best variant against the second best, by mean final test accuracy. A third one with a lower
// mean may still be as good, if its seeds are further apart: "best" is clear against all.
Answer judge_best(const std::vector<VariantHistory>& variants, const Comparison& comparison) {
  std::vector<std::size_t> order(variants.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto accuracy = [&](std::size_t i) {
    const double mean = comparison.variants[i].final_accuracy.mean;
    return std::isnan(mean) ? -1 : mean;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return accuracy(a) > accuracy(b); });
  const VariantResult &best = comparison.variants[order.front()],
                      &last = comparison.variants[order.back()];
  const VariantResult& second = comparison.variants[order[1]];
  const std::string rivals = not_clearly_behind(variants, comparison, order[0]);
  const std::string good =
      rivals.empty() ? best.name + " is best."
                     : concat(best.name, " is ahead of ", second.name, ", not clearly of all.");
  Answer answer = judge(variants, comparison, {order[0], order[1]}, good, "No clear difference.");
  if (is_clear(paired_difference(variants[order[0]], variants[order[1]])) && !rivals.empty()) {
    answer.sentences.push_back(concat("Not clearly behind ", best.name, ": ", rivals, "."));
  }
  if (variants.size() > 2 && last.final_accuracy.count > 0) {
    answer.sentences.push_back("These are the best two of " + std::to_string(variants.size()) +
                               "; at the other end " + at_the_end(last) + ".");
  }
  return answer;
}

}  // namespace

std::string question(const Experiment& experiment) {
  const auto& variations = experiment.variations;
  if (const auto which = find_switch(variations)) {
    return "Does " + short_name(variations[*which].key) + " = true help " + experiment.name + "?";
  }
  std::string keys;
  for (const Variation& variation : variations) {
    keys += (keys.empty() ? "" : " and ") + short_name(variation.key);
  }
  return concat("How ", variations.size() == 1 ? "does " : "do ", keys, " change ", experiment.name,
                "?");
}

std::string varied_text(const Variation& variation) {
  std::string values;
  for (const std::string& value : variation.values) values += (values.empty() ? "" : ", ") + value;
  return variation.key + " = " + values;
}

Answer answer(const Experiment& experiment, const std::vector<VariantHistory>& variants,
              const Comparison& comparison) {
  Answer result;
  const auto which = find_switch(experiment.variations);
  if (which && experiment.variations.size() == 1) {
    const Pair pair = switch_pairs(experiment.variations, *which, variants.size()).front();
    result = judge(variants, comparison, pair, "Yes.", "No, it does harm.");
  } else if (which) {
    result = judge_settings(experiment, *which, variants, comparison);
  } else {
    result = judge_best(variants, comparison);
  }
  for (const VariantResult& variant : comparison.variants) {
    if (variant.diverged > 0) result.sentences.push_back(about_divergence(variant));
  }
  return result;
}

}  // namespace minitape
