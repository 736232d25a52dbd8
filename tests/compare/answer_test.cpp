#include "minitape/compare/answer.hpp"

#include "made_runs.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

Experiment experiment_of(const std::vector<std::string>& variations) {
  Experiment experiment{.name = "tiny"};
  for (const std::string& text : variations) {
    experiment.variations.push_back(parse_variation(text));
  }
  return experiment;
}

const Experiment kSwitch = experiment_of({"model.batch_norm=false,true"});
const Experiment kRates = experiment_of({"optimizer.learning_rate=0.1,1,10"});

// A variant with a run for each final test accuracy; below 0 stands for one that diverged at step 7.
VariantHistory variant_of(const std::string& name, const std::vector<double>& accuracies) {
  VariantHistory variant{name, {}};
  for (const double accuracy : accuracies) {
    variant.runs.push_back(accuracy < 0 ? diverged_run(7) : run_of(20, 0, accuracy));
  }
  return variant;
}

Answer answer_of(const Experiment& experiment, const std::vector<VariantHistory>& variants) {
  return answer(experiment, variants, summarize_runs(variants));
}

// Of the switch, off and on.
Answer answer_of(const std::vector<double>& off, const std::vector<double>& on) {
  return answer_of(kSwitch, {variant_of("bn = false", off), variant_of("bn = true", on)});
}

bool says(const Answer& answer, const std::string& text) {
  return std::any_of(answer.sentences.begin(), answer.sentences.end(),
                     [&](const std::string& sentence) { return sentence.find(text) != text.npos; });
}

TEST_CASE("question: what was varied") {
  CHECK(question(kSwitch) == "Does batch_norm = true help tiny?");
  CHECK(question(kRates) == "How does learning_rate change tiny?");
  CHECK(question(experiment_of({"optimizer.learning_rate=1,2", "model.batch_norm=true,false"})) ==
        "Does batch_norm = true help tiny?");
  // Of two switches neither is the one.
  CHECK(question(experiment_of({"train.shuffle=true,false", "model.batch_norm=true,false"})) ==
        "How do shuffle and batch_norm change tiny?");
}

TEST_CASE("answer: yes and no only where the difference is clear") {
  const Answer yes = answer_of({0.5, 0.6, 0.7}, {0.7, 0.81, 0.9});
  CHECK(yes.verdict == "Yes.");
  CHECK(yes.sentences[0] ==
        "Of the test images bn = true gets 80.33 ± 10.02 % right at the end, bn = false "
        "60.00 ± 10.00 %: seed by seed a difference of +20.33 ± 0.58 points (3 pairs). Chance "
        "between seeds hardly explains it: the 95 % interval of the mean difference is +18.90 to "
        "+21.77 points.");
  CHECK(answer_of({0.7, 0.81, 0.9}, {0.5, 0.6, 0.7}).verdict == "No, it does harm.");

  const Answer unclear = answer_of({0.5, 0.6, 0.7}, {0.6, 0.5, 0.8});
  CHECK(unclear.verdict == "No clear difference.");
  CHECK(says(unclear,
             "+3.33 ± 11.55 points (3 pairs). This may be chance: the 95 % interval of "
             "the mean difference, −25.35 to +32.02 points, includes 0."));
  CHECK(says(answer_of({0.5, 0.5, 0.5}, {0.6, 0.61, 0.8}), "includes 0; more seeds could tell."));
}

TEST_CASE("answer: one or two seeds cannot tell, nor seeds that all say the same") {
  const Answer one = answer_of({0.1}, {0.9});
  CHECK(one.verdict == "One seed cannot tell.");
  CHECK(says(one, "+80.00 points (1 pair). One pair cannot tell this from chance: try --seeds 3."));
  CHECK(answer_of({0.1, 0.1}, {0.9, 0.91}).verdict == "Two seeds cannot tell.");
  const Answer same = answer_of({0.5, 0.25, 0.125}, {0.625, 0.375, 0.25});
  CHECK(same.verdict == "No clear difference.");
  CHECK(says(same, "All pairs say the same"));
}

TEST_CASE("answer: the order of the switch's values does not matter") {
  const std::vector<VariantHistory> variants{variant_of("on", {0.7, 0.81, 0.9}),
                                             variant_of("off", {0.5, 0.6, 0.7})};
  CHECK(answer_of(experiment_of({"model.batch_norm=true,false"}), variants).verdict == "Yes.");
}

TEST_CASE("answer: the way there and its price") {
  // With 10 wrong steps at first the last 20 are right at step 30, with 21 at step 41 of 40.
  const std::vector<VariantHistory> variants{{"a", {run_of(21, 0, 0.5), run_of(21, 0, 0.5)}},
                                             {"b", {run_of(10, 0, 0.5), run_of(12, 0, 0.5)}}};
  CHECK(answer_of(kSwitch, variants).sentences[1] ==
        "To get 99.5 % of the training images right took 31 ± 1 steps with b; with a 0 of 2 runs "
        "got there. A step took 2.00 ± 0.00 ms with b and 2.00 ± 0.00 ms with a.");
  // Runs that diverged are not expected to get anywhere.
  CHECK(answer_of(kSwitch, {variants[0], {"b", {run_of(10, 0, 0.5), diverged_run(7)}}})
            .sentences[1]
            .starts_with("To get 99.5 % of the training images right took 30 steps with b; with a "
                         "0 of 2 runs got there."));
}

TEST_CASE("answer: runs that diverged are told, and decide where nothing else is left") {
  const Answer some = answer_of({0.5, -1, 0.7, 0.6}, {0.7, 0.8, 0.9, -1});
  CHECK(some.verdict == "Two seeds cannot tell.");
  CHECK(some.sentences[2] == "1 of 4 runs of bn = false diverged, at step 7; no mean counts it.");
  const Answer only = answer_of({-1, -1}, {0.7, 0.8});
  CHECK(only.verdict == "Only bn = true completes the training.");
  CHECK(only.sentences.back() ==
        "2 of 2 runs of bn = false diverged, at steps 7, 7; no mean counts them.");
  CHECK(answer_of({-1}, {-1}).verdict == "No seed was completed with both.");
  CHECK(answer_of({-1, 0.5}, {0.5, -1}).verdict == "No seed was completed with both.");
}

TEST_CASE("answer: without a switch the best is held against the second best") {
  const Answer clear = answer_of(
      kRates, {variant_of("r = 0.1", {0.5, 0.51, 0.5}), variant_of("r = 1", {0.9, 0.92, 0.9}),
               variant_of("r = 10", {0.1, 0.11, 0.1})});
  CHECK(clear.verdict == "r = 1 is best.");
  CHECK(says(clear, "+40.33 ± 0.58 points"));
  CHECK(says(clear, "the best two of 3; at the other end r = 10 gets 10.33 ± 0.58 %."));
  // A variant without numbers is never among the best two.
  const Answer diverged = answer_of(
      kRates,
      {variant_of("r = 0.1", {0.5}), variant_of("r = 1", {-1}), variant_of("r = 10", {0.6})});
  CHECK(diverged.verdict == "One seed cannot tell.");
  CHECK(says(diverged, "r = 10 gets 60.00 % right at the end, r = 0.1 50.00 %"));
  CHECK_FALSE(says(diverged, "other end"));
}

TEST_CASE("answer: best is only what is clearly better than every other variant") {
  // Far from the third one's mean, but its seeds are further apart.
  const std::vector<VariantHistory> variants{variant_of("r = 0.1", {0.5, 0.51, 0.5}),
                                             variant_of("r = 1", {0.9, 0.92, 0.9}),
                                             variant_of("r = 10", {0.95, 0.1, 0.3})};
  const Answer unclear = answer_of(kRates, variants);
  CHECK(unclear.verdict == "r = 1 is ahead of r = 0.1, not clearly of all.");
  CHECK(says(unclear, "Not clearly behind r = 1: r = 10."));
  // Two seeds cannot tell either, no seed does not matter.
  CHECK(
      answer_of(kRates, {variants[0], variants[1], variant_of("r = 10", {0.1, 0.1, -1})}).verdict ==
      "r = 1 is ahead of r = 0.1, not clearly of all.");
  CHECK(answer_of(kRates, {variants[0], variants[1], variant_of("r = 10", {-1, -1, -1})}).verdict ==
        "r = 1 is best.");
  // Where not even the second is clearly behind, nothing else is said.
  const Answer none = answer_of(kRates, {variants[1], variants[1], variants[2]});
  CHECK(none.verdict == "No clear difference.");
  CHECK_FALSE(says(none, "Not clearly behind"));
}

TEST_CASE("answer: the switch at each setting of the other keys") {
  // The last key runs fastest: off 0.1, off 1, off 10, off 100, on 0.1, on 1, on 10, on 100.
  const std::vector<VariantHistory> variants{
      variant_of("0", {0.5, 0.6, 0.7}), variant_of("1", {0.5, 0.6, 0.7}),
      variant_of("2", {-1, -1, -1}),    variant_of("3", {-1, -1, -1}),
      variant_of("4", {0.6, 0.5, 0.8}), variant_of("5", {0.7, 0.81, 0.9}),
      variant_of("6", {0.5, 0.5, 0.5}), variant_of("7", {-1, -1, -1})};
  const Answer off_first = answer_of(
      experiment_of({"model.batch_norm=false,true", "optimizer.learning_rate=0.1,1,10,100"}),
      variants);
  CHECK(off_first.verdict ==
        "Of 4 settings: clearly better at 1, no clear difference at 1, "
        "completed only with it at 1, not comparable at 1.");
  CHECK(off_first.settings ==
        std::vector<std::string>{
            "learning_rate = 0.1: +3.33 ± 11.55 points (3 pairs), no clear difference",
            "learning_rate = 1: +20.33 ± 0.58 points (3 pairs), clearly better",
            "learning_rate = 10: completed only with it, with 50.00 ± 0.00 %",
            "learning_rate = 100: no seed was completed both with and without it"});

  // As the last key: off, on, off, on. Variants 0, 1 and 2, 3 are pairs then.
  const Answer last =
      answer_of(experiment_of({"optimizer.learning_rate=0.1,1", "model.batch_norm=false,true"}),
                {variants[0], variants[5], variants[5], variants[0]});
  CHECK(last.settings[0] == "learning_rate = 0.1: +20.33 ± 0.58 points (3 pairs), clearly better");
  CHECK(last.settings[1] == "learning_rate = 1: −20.33 ± 0.58 points (3 pairs), clearly worse");
  CHECK(last.verdict == "Of 2 settings: clearly better at 1, clearly worse at 1.");
}

}  // namespace
}  // namespace minitape
