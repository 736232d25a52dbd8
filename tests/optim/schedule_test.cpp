#include "minitape/optim/schedule.hpp"

#include <numbers>

#include "testing.hpp"

namespace minitape {
namespace {

using Kind = Schedule::Kind;

// The rates of steps 0 … n − 1.
std::vector<double> rates(const Schedule& schedule, Index n) {
  std::vector<double> values;
  for (Index s = 0; s < n; ++s) values.push_back(schedule.learning_rate(s));
  return values;
}

std::string unlike(const std::vector<double>& actual, const std::vector<double>& expected) {
  for (std::size_t s = 0; s < expected.size(); ++s) {
    if (!(std::abs(actual[s] - expected[s]) < 1e-12)) {
      return concat("step ", s, ": ", actual[s], ", expected ", expected[s]);
    }
  }
  return "";
}

}  // namespace

TEST_CASE("a constant rate") {
  CHECK(unlike(rates({.peak = 0.4, .total_steps = 3}, 5), {0.4, 0.4, 0.4, 0.4, 0.4}) == "");
}

TEST_CASE("a warm-up climbs to the peak in equal steps and reaches it at its last step") {
  const Schedule schedule{.peak = 0.4, .total_steps = 8, .warmup_steps = 4};
  CHECK(unlike(rates(schedule, 6), {0.1, 0.2, 0.3, 0.4, 0.4, 0.4}) == "");
}

TEST_CASE("the step schedule multiplies by the factor after every so many steps") {
  const Schedule schedule{
      .kind = Kind::step, .peak = 8, .total_steps = 7, .every = 3, .factor = 0.5};
  CHECK(unlike(rates(schedule, 7), {8, 8, 8, 4, 4, 4, 2}) == "");
}

TEST_CASE("drops are counted from step 0, also with a warm-up") {
  const Schedule schedule{.kind = Kind::step,
                          .peak = 8,
                          .total_steps = 7,
                          .warmup_steps = 2,
                          .every = 3,
                          .factor = 0.5};
  CHECK(unlike(rates(schedule, 7), {4, 8, 8, 4, 4, 4, 2}) == "");
}

TEST_CASE("the cosine schedule goes from the peak towards 0") {
  // η·(1 + cos(π·s/4)) / 2 with cos(π/4) = √2/2
  const Schedule schedule{.kind = Kind::cosine, .peak = 2, .total_steps = 4};
  const double root = std::numbers::sqrt2 / 2;
  CHECK(unlike(rates(schedule, 4), {2, 1 + root, 1, 1 - root}) == "");
}

TEST_CASE("with a warm-up the cosine covers the steps that remain") {
  const Schedule schedule{.kind = Kind::cosine, .peak = 2, .total_steps = 6, .warmup_steps = 2};
  const double root = std::numbers::sqrt2 / 2;
  CHECK(unlike(rates(schedule, 6), {1, 2, 2, 1 + root, 1, 1 - root}) == "");
}

TEST_CASE("one cycle climbs for 30 % of the steps and then falls almost to 0, as in PyTorch") {
  // OneCycleLR(max_lr=1, total_steps=10): from 1/25 at step 0 to 1 at step 0.3·10 − 1 = 2, then
  // down to 1/25/10⁴ at step 9; both along e + (a − e)·(1 + cos(π·part)) / 2.
  const Schedule schedule{.kind = Kind::one_cycle, .peak = 1, .total_steps = 10};
  const double start = 1.0 / 25, end = start / 1e4;
  std::vector<double> expected{start, (start + 1) / 2, 1};
  for (int s = 3; s < 10; ++s) {
    const double part = (s - 2) / 7.0;
    expected.push_back(end + (1 - end) * (1 + std::cos(std::numbers::pi * part)) / 2);
  }
  CHECK(unlike(rates(schedule, 10), expected) == "");
  CHECK(schedule.learning_rate(9) == doctest::Approx(4e-6));
}

TEST_CASE("one cycle takes warmup_steps for the length of its way up") {
  const Schedule schedule{.kind = Kind::one_cycle, .peak = 1, .total_steps = 10, .warmup_steps = 5};
  CHECK(schedule.learning_rate(0) == doctest::Approx(0.04));
  CHECK(schedule.learning_rate(2) == doctest::Approx(0.52));  // halfway to step 4
  CHECK(schedule.learning_rate(4) == doctest::Approx(1));
  CHECK(schedule.learning_rate(5) < 1);
}

TEST_CASE("one cycle's fractions and divisors can be chosen") {
  const Schedule schedule{.kind = Kind::one_cycle,
                          .peak = 8,
                          .total_steps = 8,
                          .warmup_fraction = 0.5,
                          .div_factor = 4,
                          .final_div_factor = 2};
  CHECK(schedule.learning_rate(0) == doctest::Approx(2));
  CHECK(schedule.learning_rate(3) == doctest::Approx(8));    // 0.5·8 − 1
  CHECK(schedule.learning_rate(5) == doctest::Approx(4.5));  // halfway from 8 to 1
  CHECK(schedule.learning_rate(7) == doctest::Approx(1));
}

TEST_CASE("a one-cycle run that is too short for a way up still has finite rates") {
  for (const Index steps : {1, 2, 3}) {
    const Schedule schedule{.kind = Kind::one_cycle, .peak = 1, .total_steps = steps};
    for (const double rate : rates(schedule, steps)) {
      CHECK(std::isfinite(rate));
      CHECK(rate > 0);
      CHECK(rate <= 1);
    }
  }
  const Schedule one{.kind = Kind::one_cycle, .peak = 1, .total_steps = 5, .warmup_steps = 1};
  CHECK(one.learning_rate(0) == 1);
  const Schedule all{.kind = Kind::one_cycle, .peak = 1, .total_steps = 5, .warmup_steps = 5};
  CHECK(all.learning_rate(4) == doctest::Approx(1));
}

TEST_CASE("steps beyond the end keep the last rate, steps before the start the first") {
  for (const Kind kind : {Kind::constant, Kind::step, Kind::cosine, Kind::one_cycle}) {
    const Schedule schedule{.kind = kind, .total_steps = 10, .every = 3};
    CHECK(schedule.learning_rate(10) == schedule.learning_rate(9));
    CHECK(schedule.learning_rate(1'000'000) == schedule.learning_rate(9));
    CHECK(schedule.learning_rate(-1) == schedule.learning_rate(0));
  }
}

TEST_CASE("a warm-up as long as the run is a plain climb") {
  const Schedule schedule{.kind = Kind::cosine, .peak = 1, .total_steps = 4, .warmup_steps = 4};
  CHECK(unlike(rates(schedule, 4), {0.25, 0.5, 0.75, 1}) == "");
}

TEST_CASE("one cycle along straight lines") {
  const Schedule schedule{.kind = Kind::one_cycle,
                          .peak = 8,
                          .total_steps = 8,
                          .warmup_fraction = 0.5,
                          .div_factor = 4,
                          .final_div_factor = 2,
                          .linear = true};
  // From 2 to 8 in three steps, then to 1 in four.
  CHECK(unlike(rates(schedule, 9), {2, 4, 6, 8, 6.25, 4.5, 2.75, 1, 1}) == "");
}

}  // namespace minitape
