// Two steps of one kernel with two weights, against the equations and against mistaken ones.
#include "minitape/optim/sgd.hpp"
#include "check.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

const Tensor kStart({2}, {1, -2});
const Tensor kGradients[2] = {Tensor({2}, {0.5, 1}), Tensor({2}, {0.25, -1})};
constexpr double kRates[2] = {0.1, 0.01};

Parameter parameter_of(Role role = Role::kernel) {
  Parameter parameter("w", role, {2});
  parameter.value = kStart;
  return parameter;
}

// The weights after two steps of the student's optimizer.
Tensor two_steps(const SgdOptions& options) {
  Parameter w = parameter_of();
  Sgd sgd({&w}, options);
  for (int step : {0, 1}) {
    w.gradient = kGradients[step];
    sgd.step(kRates[step]);
  }
  return w.value;
}

enum class Rule {
  right,
  no_momentum,
  damped,
  rate_in_velocity,
  no_look_ahead,
  no_decay,
  decay_beside_velocity,
  decay_of_velocity,
  decay_adds
};

// The same by one of the rules.
Tensor two_steps(const SgdOptions& o, Rule rule) {
  Tensor w = kStart;
  for (Index i = 0; i < 2; ++i) {
    double v = 0;
    for (int step : {0, 1}) {
      const double rate = kRates[step], before = v;
      double decay = o.weight_decay * (rule == Rule::decay_of_velocity ? v : w[i]);
      if (rule == Rule::no_decay) decay = 0;
      if (rule == Rule::decay_adds) decay = -decay;
      const double beside = rule == Rule::decay_beside_velocity ? decay : 0;
      const double g = kGradients[step][i] + decay - beside;
      v = o.momentum * v + g;
      if (rule == Rule::no_momentum) v = g;
      if (rule == Rule::damped) v = o.momentum * before + (1 - o.momentum) * g;
      if (rule == Rule::rate_in_velocity) v = o.momentum * before + rate * g;
      double direction = o.nesterov ? g + o.momentum * v : v;
      if (rule == Rule::no_look_ahead) direction = v;
      w[i] -= (rule == Rule::rate_in_velocity ? 1 : rate) * (direction + beside);
    }
  }
  return w;
}

Check two_steps_check(const std::string& title) {
  return Check(title)
      .given("w at first", kStart)
      .given("gradient of step 1", kGradients[0])
      .given("gradient of step 2", kGradients[1])
      .given("The learning rates of the two steps are 0.1 and 0.01.");
}

void check_plain() {
  Parameter w = parameter_of();
  w.gradient = kGradients[0];
  Sgd sgd({&w}, {});
  Check("one plain step: w ← w − η·g")
      .given("w", kStart)
      .given("gradient", w.gradient)
      .given("The learning rate is 0.1.")
      .mistake("the step goes uphill", "that is w + η·g.", Tensor({2}, {1.05, -1.9}))
      .expect(
          "w",
          [&] {
            sgd.step(0.1);
            return w.value;
          },
          Tensor({2}, {0.95, -2.1}));
  Check("the gradient after the step")
      .mistake("the gradients are not set to zero",
               "backward adds to what is there: the next step would contain this one's gradient.",
               kGradients[0])
      .expect(
          "gradient", [&] { return w.gradient; }, Tensor::zeros({2}));
}

void check_momentum() {
  const SgdOptions options{.momentum = 0.9};
  two_steps_check("momentum 0.9, two steps")
      .mistake("momentum is forgotten", "that is w − η·g twice.",
               two_steps(options, Rule::no_momentum))
      .mistake("the new gradient is damped",
               "that is v ← momentum·v + (1 − momentum)·g. Here v ← momentum·v + g.",
               two_steps(options, Rule::damped))
      .mistake("the learning rate is inside of the velocity",
               "that is v ← momentum·v + η·g and w ← w − v: after a change of η the old steps keep "
               "the old one.",
               two_steps(options, Rule::rate_in_velocity))
      .expect(
          "w", [&] { return two_steps(options); }, two_steps(options, Rule::right));

  const SgdOptions nesterov{.momentum = 0.9, .nesterov = true};
  two_steps_check("Nesterov with momentum 0.9, two steps")
      .mistake("Nesterov's look-ahead is forgotten",
               "that is w − η·v. The direction is g + momentum·v.",
               two_steps(nesterov, Rule::no_look_ahead))
      .expect(
          "w", [&] { return two_steps(nesterov); }, two_steps(nesterov, Rule::right));
}

void check_decay() {
  const SgdOptions options{.momentum = 0.9, .weight_decay = 0.5};
  two_steps_check("weight decay 0.5 with momentum 0.9, two steps")
      .mistake("weight decay is forgotten", "that is momentum alone.",
               two_steps(options, Rule::no_decay))
      .mistake("weight decay beside the velocity",
               "that is w ← w − η·(v + weight_decay·w). Here the decay is part of g, so that it "
               "enters v.",
               two_steps(options, Rule::decay_beside_velocity))
      .mistake("weight decay on the velocity",
               "that is g ← g + weight_decay·v. It is the weights that decay.",
               two_steps(options, Rule::decay_of_velocity))
      .mistake("weight decay with the wrong sign",
               "that is g − weight_decay·w, which makes weights grow.",
               two_steps(options, Rule::decay_adds))
      .expect(
          "w", [&] { return two_steps(options); }, two_steps(options, Rule::right));

  Parameter gamma = parameter_of(Role::gamma), frozen = parameter_of();
  frozen.trainable = false;
  frozen.gradient = kGradients[0];
  Sgd sgd({&gamma, &frozen}, {.weight_decay = 0.5});
  Check("weight decay 0.5 and a gamma whose gradient is 0, one step")
      .given("gamma", kStart)
      .given("The learning rate is 0.1.")
      .mistake("weight decay on gamma and beta too",
               "only a kernel decays: parameter.role == Role::kernel.", Tensor({2}, {0.95, -1.9}))
      .expect(
          "gamma",
          [&] {
            sgd.step(0.1);
            return gamma.value;
          },
          kStart);
  Check("a parameter with trainable = false, one step")
      .given("w", kStart)
      .mistake("a frozen parameter moves", "where trainable is false, there is no step.",
               Tensor({2}, {1 - 0.1 * (0.5 + 0.5), -2 - 0.1 * (1 - 1)}))
      .expect(
          "w", [&] { return frozen.value; }, kStart);
}

}  // namespace

int main() {
  return run([] {
    check_plain();
    check_momentum();
    check_decay();
  });
}
