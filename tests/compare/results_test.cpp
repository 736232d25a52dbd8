#include "minitape/compare/results.hpp"

#include <cmath>

#include "made_runs.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

TEST_CASE("mean_sd: by hand, without what is no number") {
  const MeanSd three = mean_sd({1, kNaN, 2, 6});
  CHECK(three.count == 3);
  CHECK(three.mean == 3);
  CHECK(three.sd == doctest::Approx(std::sqrt(7.0)));  // (4 + 1 + 9) / 2
  const MeanSd one = mean_sd({5});
  CHECK(one.mean == 5);
  CHECK(std::isnan(one.sd));
  CHECK(std::isnan(mean_sd({}).mean));
  CHECK(mean_sd({kNaN}).count == 0);
}

TEST_CASE("steps_to_reach: the first step at which the last 20 batches average that much") {
  // Steps 11 to 20 are right: half of the first 20. Step 21 drops a wrong one for a right one.
  const RunHistory run = run_of(10, 0, 0);
  CHECK(steps_to_reach(run, 0.5) == 20);
  CHECK(steps_to_reach(run, 0.55) == 21);
  CHECK(steps_to_reach(run, 1) == 30);
  CHECK(steps_to_reach(run_of(0, 0, 0), 0.5) == 20);  // never before there are 20
  // The first ten right, the next ten wrong: from step 31 on the window loses wrong ones.
  RunHistory setback = run_of(20, 0, 0);
  std::fill_n(setback.accuracy.begin(), 10, 1.0);
  CHECK(steps_to_reach(setback, 0.55) == 31);
  CHECK(std::isnan(steps_to_reach(run_of(21, 0, 0), 1)));
  CHECK(std::isnan(steps_to_reach(RunHistory{}, 0.2)));
}

// Two variants with these final test accuracies.
MeanSd difference_of(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<VariantHistory> variants{{"a", {}}, {"b", {}}};
  for (const double accuracy : a) variants[0].runs.push_back(run_of(0, 0, accuracy));
  for (const double accuracy : b) variants[1].runs.push_back(run_of(0, 0, accuracy));
  return paired_difference(variants[0], variants[1]);
}

TEST_CASE("paired_difference: seed by seed, where both runs were completed") {
  const MeanSd two = difference_of({0.5, 0.75}, {0.25, 0.25});
  CHECK(two.count == 2);
  CHECK(two.mean == 0.375);
  CHECK(two.sd == doctest::Approx(0.25 / std::sqrt(2)));
  const MeanSd one = paired_difference({"a", {run_of(0, 0, 0.5), run_of(0, 0, 0.75)}},
                                       {"b", {diverged_run(3), run_of(0, 0, 0.25)}});
  CHECK(one.count == 1);
  CHECK(one.mean == 0.5);
  RunHistory nothing_measured = run_of(0, 0, 0);
  nothing_measured.test_accuracy.clear();
  CHECK(paired_difference({"a", {nothing_measured}}, {"b", {run_of(0, 0, 1)}}).count == 0);
}

TEST_CASE("half_interval: Student's t times deviation by the root of the number") {
  // Mean 2, deviation 1. Student's t for two degrees of freedom is 4.303.
  CHECK(half_interval(mean_sd({1, 2, 3})) == doctest::Approx(4.303 / std::sqrt(3.0)));
  CHECK(half_interval(mean_sd({1, 2, 3, 1, 2, 3})) ==
        doctest::Approx(2.571 * mean_sd({1, 2, 3, 1, 2, 3}).sd / std::sqrt(6.0)));
  const std::vector<double> eleven{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};  // deviation √11
  CHECK(half_interval(mean_sd(eleven)) == doctest::Approx(2.228));
  std::vector<double> many = eleven;
  many.insert(many.end(), eleven.begin(), eleven.end());
  CHECK(half_interval(mean_sd(many)) == doctest::Approx(2.228 * mean_sd(many).sd / std::sqrt(22)));
  CHECK(std::isnan(half_interval(mean_sd({5, 5.1}))));
}

}  // namespace
}  // namespace minitape
