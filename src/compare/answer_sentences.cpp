#include "compare/answer_sentences.hpp"

#include <cmath>
#include <utility>

#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

// "+1.23" or "−0.40" points, from a part of 1.
std::string points(double part) {
  const std::string size = fixed(100 * std::abs(part), 2);
  return (part < 0 && size != "0.00" ? "−" : "+") + size;
}

// "110 ± 9 steps with batch_norm = true", or how many runs got there.
std::string way_to(const VariantResult& result, std::size_t threshold) {
  const MeanSd& steps = result.steps_to[threshold];
  const auto got_there = static_cast<Index>(steps.count), completed = result.runs - result.diverged;
  if (got_there == completed) {
    return concat(with_spread(steps, 1, 0), " steps with ", result.name);
  }
  return concat("with ", result.name, " ", got_there, " of ", completed,
                completed == 1 ? " run got there" : " runs got there");
}

}  // namespace

std::string points(const MeanSd& difference) {
  return points(difference.mean) +
         (difference.count > 1 ? " ± " + fixed(100 * difference.sd, 2) : "") + " points (" +
         std::to_string(difference.count) + (difference.count == 1 ? " pair)" : " pairs)");
}

std::string about_chance(const MeanSd& difference) {
  if (difference.count == 1) return "One pair cannot tell this from chance: try --seeds 3.";
  if (difference.count == 2) return "Two pairs cannot tell this from chance: try --seeds 3.";
  const double half = half_interval(difference);
  const std::string interval =
      points(difference.mean - half) + " to " + points(difference.mean + half) + " points";
  if (is_clear(difference)) {
    return "Chance between seeds hardly explains it: the 95 % interval of the mean difference is " +
           interval + ".";
  }
  if (difference.mean - half <= 0 && difference.mean + half >= 0 && half > 1e-9) {
    return "This may be chance: the 95 % interval of the mean difference, " + interval +
           ", includes 0" +
           (std::abs(difference.mean) > difference.sd ? "; more seeds could tell." : ".");
  }
  return "All pairs say the same, so the seeds do not tell what chance does.";
}

std::string about_speed(const std::vector<double>& thresholds, const VariantResult& first,
                        const VariantResult& second) {
  const VariantResult *a = &first, *b = &second;
  const auto all_reached = [](const VariantResult& v, std::size_t t) {
    return static_cast<Index>(v.steps_to[t].count) == v.runs - v.diverged;
  };
  std::string text;
  for (std::size_t t = thresholds.size(); t-- > 0 && text.empty();) {
    if (!all_reached(*a, t)) std::swap(a, b);  // first the one that got there
    if (!all_reached(*a, t)) continue;
    text =
        concat("To get ", std::round(thresholds[t] * 1000) / 10,
               " % of the training images right took ", way_to(*a, t), "; ", way_to(*b, t), ". ");
  }
  return text + concat("A step took ", with_spread(a->step_seconds, 1000, 2), " ms with ", a->name,
                       " and ", with_spread(b->step_seconds, 1000, 2), " ms with ", b->name, ".");
}

std::string about_divergence(const VariantResult& result) {
  std::string steps;
  for (const Index step : result.diverged_at) {
    steps += (steps.empty() ? "" : ", ") + std::to_string(step);
  }
  return concat(result.diverged, " of ", result.runs, result.runs == 1 ? " run" : " runs", " of ",
                result.name, result.diverged == 1 ? " diverged, at step " : " diverged, at steps ",
                steps, "; no mean counts ", result.diverged == 1 ? "it." : "them.");
}

std::string at_the_end(const VariantResult& result) {
  return result.name + " gets " + with_spread(result.final_accuracy, 100, 2) + " %";
}

}  // namespace minitape
