#include "minitape/recipe/lookahead.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

// A parameter and a running statistic of one number each.
struct Model {
  Parameter weight{"w", Role::kernel, {1}};
  Buffer statistic{"s", Tensor::zeros({1})};
  LayerState state() { return {.parameters = {&weight}, .buffers = {&statistic}}; }

  void set(double w, double s) {
    weight.value.fill(static_cast<Real>(w));
    statistic.value.fill(static_cast<Real>(s));
  }
};

}  // namespace

// All numbers below are exact in float.

TEST_CASE("lookahead by hand: every second of four steps, with a growing share of the slow") {
  const Lookahead lookahead{.every = 2, .decay = 0.5};
  Model model, slow;
  slow.set(0, 8);
  model.set(16, 16);
  lookahead.after_step(1, 4, model.state(), slow.state());
  CHECK(model.weight.value[0] == 16);  // nothing happens
  lookahead.after_step(2, 4, model.state(), slow.state());
  // d = 0.5·(2/4)³ = 1/16: 0 + 15/16·16, 8 + 15/16·8
  CHECK(model.weight.value[0] == 15);
  CHECK(model.statistic.value[0] == 15.5);
  model.set(31, 15.5);
  lookahead.after_step(4, 4, model.state(), slow.state());  // d = 0.5: 15 + 0.5·16
  CHECK(model.weight.value[0] == 23);
  CHECK(model.statistic.value[0] == 15.5);
  CHECK(slow.weight.value[0] == 23);
}

TEST_CASE("lookahead: the last step counts, whichever it is") {
  Model model, slow;
  model.set(16, 0);
  Lookahead{.every = 2, .decay = 1}.after_step(3, 3, model.state(), slow.state());
  CHECK(model.weight.value[0] == 0);  // d = 1: all the way back
}

TEST_CASE("without lookahead nothing changes") {
  Model model, slow;
  model.set(16, 16);
  for (const Index step : {1, 2, 3, 4}) {
    Lookahead{}.after_step(step, 4, model.state(), slow.state());
  }
  CHECK(model.weight.value[0] == 16);
}

}  // namespace minitape
