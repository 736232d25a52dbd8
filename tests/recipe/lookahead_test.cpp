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
  Model model;
  model.set(0, 8);
  Lookahead lookahead(model.state(), {.every = 2, .decay = 0.5}, 4);
  model.set(16, 16);
  lookahead.after_step(1);
  CHECK(model.weight.value[0] == 16);  // nothing happens
  lookahead.after_step(2);             // d = 0.5·(2/4)³ = 1/16: 0 + 15/16·16, 8 + 15/16·8
  CHECK(model.weight.value[0] == 15);
  CHECK(model.statistic.value[0] == 15.5);
  model.set(31, 15.5);
  lookahead.after_step(4);  // d = 0.5: 15 + 0.5·16
  CHECK(model.weight.value[0] == 23);
  CHECK(model.statistic.value[0] == 15.5);
  CHECK(lookahead.slow()[0][0] == 23);
  CHECK(lookahead.names() == std::vector<std::string>{"w", "s"});
}

TEST_CASE("lookahead: the last step counts, whichever it is") {
  Model model;
  Lookahead lookahead(model.state(), {.every = 2, .decay = 1}, 3);
  model.set(16, 0);
  lookahead.after_step(3);  // d = 1: all the way back
  CHECK(model.weight.value[0] == 0);
}

TEST_CASE("without lookahead nothing is kept and nothing changes") {
  Model model;
  Lookahead lookahead(model.state(), {}, 4);
  model.set(16, 16);
  for (const Index step : {1, 2, 3, 4}) lookahead.after_step(step);
  CHECK(model.weight.value[0] == 16);
  CHECK(lookahead.slow().empty());
}

TEST_CASE("lookahead refuses a decay out of [0, 1]") {
  Model model;
  CHECK_THROWS_WITH_AS(Lookahead(model.state(), {.every = 1, .decay = 1.5}, 4),
                       doctest::Contains("[lookahead] the decay must be in [0, 1]"), Error);
}

}  // namespace minitape
