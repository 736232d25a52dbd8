#include "minitape/compare/results.hpp"

#include "made_runs.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

using Texts = std::vector<std::string>;

// A variant with a run for each final test accuracy; below 0 is one that diverged at step 7.
VariantHistory variant_of(const std::string& name, const std::vector<double>& accuracies) {
  VariantHistory variant{name, {}};
  for (const double accuracy : accuracies) {
    variant.runs.push_back(accuracy < 0 ? diverged_run(7) : run_of(20, 0, accuracy));
    variant.runs.back().seed = variant.runs.size();
  }
  return variant;
}

Texts answer_of(const Texts& variations, const std::vector<VariantHistory>& variants) {
  std::vector<Variation> parsed;
  for (const std::string& text : variations) parsed.push_back(parse_variation(text));
  return answer(parsed, variants);
}

// The only sentence about a switch, off and on.
std::string sentence_of(const std::vector<double>& off, const std::vector<double>& on) {
  return answer_of({"model.batch_norm=false,true"},
                   {variant_of("off", off), variant_of("on", on)})[0];
}

TEST_CASE("answer: the mean difference of the pairs, and whether its interval contains 0") {
  // Differences 0.2, 0.21, 0.2: mean 0.2033, deviation 0.00577, times 4.303 / √3.
  CHECK(sentence_of({0.5, 0.6, 0.7}, {0.7, 0.81, 0.9}) ==
        "on minus off: +20.33 points of final test accuracy on average over 3 seeds; the 95 % "
        "interval, +18.90 to +21.77, does not contain 0.");
  CHECK(sentence_of({0.7, 0.81, 0.9}, {0.5, 0.6, 0.7}) ==
        "on minus off: −20.33 points of final test accuracy on average over 3 seeds; the 95 % "
        "interval, −21.77 to −18.90, does not contain 0.");
  CHECK(sentence_of({0.5, 0.6, 0.7}, {0.6, 0.5, 0.8}) ==
        "on minus off: +3.33 points of final test accuracy on average over 3 seeds; the 95 % "
        "interval, −25.35 to +32.02, contains 0: this may be chance.");
}

TEST_CASE("answer: no interval of one or two seeds, nor of seeds that all say the same") {
  CHECK(sentence_of({0.1}, {0.9}) ==
        "on minus off: +80.00 points of final test accuracy on average over 1 seed; a 95 % "
        "interval takes 3 or more (--seeds).");
  CHECK(sentence_of({0.1, 0.1}, {0.9, 0.91}) ==
        "on minus off: +80.50 points of final test accuracy on average over 2 seeds; a 95 % "
        "interval takes 3 or more (--seeds).");
  CHECK(sentence_of({0.5, 0.25, 0.125}, {0.625, 0.375, 0.25}) ==
        "on minus off: +12.50 points of final test accuracy on average over 3 seeds; all seeds "
        "say the same: there is no 95 % interval.");
  CHECK(sentence_of({0.96, 0.95, 0.48}, {0.98, 0.97, 0.5}).ends_with("no 95 % interval."));
}

TEST_CASE("answer: pairs are completed with both, and each run that diverged is named") {
  CHECK(answer_of({"model.batch_norm=false,true"}, {variant_of("off", {0.5, -1, 0.6, 0.7, 0.1}),
                                                    variant_of("on", {0.7, 0.8, 0.81, 0.9, -1})}) ==
        Texts{"on minus off: +20.33 points of final test accuracy on average over 3 seeds of 5, "
              "those completed with both; the 95 % interval, +18.90 to +21.77, does not contain 0.",
              "off: diverged at step 7 (seed 2).", "on: diverged at step 7 (seed 5)."});
  CHECK(sentence_of({-1, 0.5}, {0.5, -1}) == "on minus off: no seed was completed with both.");
  CHECK(answer_of({"model.batch_norm=false,true"},
                  {variant_of("off", {-1, -1}), variant_of("on", {0.5, 0.5})})[1] ==
        "off: diverged at step 7 (seed 1), 7 (seed 2).");
}

// The pairs that the sentences are about: "b - a, c - a".
std::string pairs_of(const Texts& variations, const Texts& names) {
  std::vector<VariantHistory> variants;
  for (const std::string& name : names) variants.push_back(variant_of(name, {0.5}));
  std::string pairs;
  for (const std::string& text : answer_of(variations, variants)) {
    pairs += (pairs.empty() ? "" : ", ") + text.substr(0, text.find(':'));
  }
  return pairs;
}

TEST_CASE("answer: a switch is held against false, at each setting of the other keys") {
  CHECK(pairs_of({"model.batch_norm=true,false"}, {"on", "off"}) == "on minus off");
  // The last key changes fastest.
  CHECK(pairs_of({"model.batch_norm=false,true", "optimizer.learning_rate=1,2,3"},
                 {"off 1", "off 2", "off 3", "on 1", "on 2", "on 3"}) ==
        "on 1 minus off 1, on 2 minus off 2, on 3 minus off 3");
  CHECK(pairs_of(
            {"optimizer.learning_rate=1,2", "model.batch_norm=true,false", "seed=3,4"},
            {"1 on 3", "1 on 4", "1 off 3", "1 off 4", "2 on 3", "2 on 4", "2 off 3", "2 off 4"}) ==
        "1 on 3 minus 1 off 3, 1 on 4 minus 1 off 4, 2 on 3 minus 2 off 3, 2 on 4 minus 2 off 4");
}

TEST_CASE("answer: without a switch the first key's values are held against its first one") {
  CHECK(pairs_of({"optimizer.learning_rate=1,2,3"}, {"1", "2", "3"}) == "2 minus 1, 3 minus 1");
  CHECK(pairs_of({"optimizer.learning_rate=1,2", "seed=3,4"}, {"1 3", "1 4", "2 3", "2 4"}) ==
        "2 3 minus 1 3, 2 4 minus 1 4");
}

}  // namespace
}  // namespace minitape
