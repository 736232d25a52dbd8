// SGD and the schedules equal PyTorch's.

#include <deque>

#include "comparison.hpp"
#include "minitape/optim/schedule.hpp"
#include "minitape/optim/sgd.hpp"

namespace minitape {
namespace {

// Six steps of a few roundings each, measured against the largest of as few as three elements.
const double kSteps = by_precision(5e-6, 1e-14);

// Of the peak, in both builds: schedules compute in double.
constexpr double kRates = 2e-15;

Schedule schedule_of(const Record& c) {
  Schedule schedule{.peak = c.number("peak"), .total_steps = c.integer("total_steps")};
  if (c.has("warmup_steps")) schedule.warmup_steps = c.integer("warmup_steps");
  const std::string kind = c.text("kind");
  if (kind == "step") {
    schedule.kind = Schedule::Kind::step;
    schedule.every = c.integer("every");
    schedule.factor = c.number("factor");
  } else if (kind == "cosine") {
    schedule.kind = Schedule::Kind::cosine;
  } else if (kind == "one_cycle") {
    schedule.kind = Schedule::Kind::one_cycle;
    schedule.warmup_fraction = c.number("warmup_fraction");
    schedule.div_factor = c.number("div_factor");
    schedule.final_div_factor = c.number("final_div_factor");
  } else {
    MINITAPE_CHECK(kind == "constant", "[golden] there is no schedule ", kind);
  }
  return schedule;
}

}  // namespace

TEST_CASE("SGD equals PyTorch: momentum, Nesterov, weight decay on kernels, changing rates") {
  int nesterov = 0, decayed = 0;
  for (const Record& c : Record::fixture("sgd").records("cases", 6)) {
    const SgdOptions options{.momentum = c.number("momentum"),
                             .nesterov = c.flag("nesterov"),
                             .weight_decay = c.number("weight_decay")};
    nesterov += options.nesterov;
    decayed += options.weight_decay > 0;
    CAPTURE(options.momentum);
    CAPTURE(options.nesterov);
    CAPTURE(options.weight_decay);
    std::deque<Parameter> parameters;  // stay where they are while more are added
    std::vector<Parameter*> pointers;
    for (const auto& [name, role] : {std::pair{"kernel", Role::kernel},
                                     {"bias", Role::bias},
                                     {"gamma", Role::gamma},
                                     {"beta", Role::beta}}) {
      parameters.emplace_back(name, role, c.record("start").tensor(name).shape());
      pointers.push_back(&parameters.back());
    }
    load_parameters({.parameters = pointers}, c.record("start"));

    Sgd sgd(pointers, options);
    for (const Record& step : c.records("steps", 6)) {
      for (Parameter& p : parameters) p.gradient = step.tensor("d" + p.name, p.value.shape());
      sgd.step(step.number("learning_rate"));
      for (const Parameter& p : parameters) CHECK(differs(p.name, p.value, step, kSteps) == "");
    }
  }
  CHECK(nesterov == 2);
  CHECK(decayed == 3);
}

TEST_CASE("schedules equal PyTorch: StepLR, MultiStepLR, CosineAnnealingLR, OneCycleLR, warm-up") {
  for (const Record& c : Record::fixture("schedule").records("cases", 9)) {
    const Schedule schedule = schedule_of(c);
    const std::vector<double> expected = c.doubles("rates");
    REQUIRE(static_cast<Index>(expected.size()) == schedule.total_steps);
    for (Index s = 0; s < schedule.total_steps; ++s) {
      CAPTURE(c.text("kind"));
      CAPTURE(s);
      const double difference =
          std::abs(schedule.learning_rate(s) - expected[static_cast<std::size_t>(s)]);
      CHECK(difference <= kRates * schedule.peak);
    }
  }
}

}  // namespace minitape
