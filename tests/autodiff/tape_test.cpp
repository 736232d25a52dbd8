// The tape: what it records and which gradients it hands out.

#include "minitape/autodiff/tape.hpp"

#include <optional>

#include "autodiff/small_operations.hpp"
#include "testing.hpp"

namespace minitape {

// ---- Gradients ----

TEST_CASE("the gradient of x·x at 3 is 6") {
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(3));
  const Var y = times(x, x);
  CHECK(y.value().item() == 9);
  tape.backward(y);
  CHECK(x.gradient().item() == 6);
}

TEST_CASE("a value that is used in several places receives all contributions") {
  // y = x·x + x, z = y·x = x³ + x², dz/dx = 3x² + 2x = 16 at x = 2
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(2));
  const Var y = plus(times(x, x), x);
  const Var z = times(y, x);
  CHECK(z.value().item() == 12);
  tape.backward(z);
  CHECK(x.gradient().item() == 16);
}

TEST_CASE("a chain of a hundred thousand nodes needs no deep stack") {
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(1)), one = tape.constant(Tensor::scalar(1));
  Var y = x;
  for (int i = 0; i < 100'000; ++i) y = times(y, one);
  tape.backward(y);
  CHECK(x.gradient().item() == 1);
}

TEST_CASE("a loss that is itself a variable has the gradient 1") {
  Tape tape;
  const Var x = tape.variable(Tensor({1, 1}, {5}));
  tape.backward(x);
  CHECK(mismatch(x.gradient(), Tensor({1, 1}, {1})) == "");
}

TEST_CASE("what does not lead to the loss gets no gradient and its backward is not called") {
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(2)), unused = tape.variable(Tensor::scalar(3));
  bool called = false;
  tape.record("aside", {x, unused}, Tensor::scalar(0),
              [&](const Tensor&, Tensor) { called = true; });
  tape.backward(times(x, x));
  CHECK_FALSE(called);
  CHECK(x.gradient().item() == 4);
  CHECK(error_lacks({"[tape] node 1 (variable) has no gradient: gradients exist after backward"},
                    [&] { unused.gradient(); }) == "");
}

TEST_CASE("what is computed from constants alone keeps no backward function") {
  Tape tape;
  const Var c = tape.constant(Tensor::scalar(2)), x = tape.variable(Tensor::scalar(3));
  const Var d = times(c, c), y = times(d, x);
  CHECK_FALSE(d.needs_gradient());
  CHECK(y.needs_gradient());
  CHECK_FALSE(tape.nodes()[static_cast<std::size_t>(d.index())].backward);
  tape.backward(y);
  CHECK(x.gradient().item() == 4);
  CHECK(error_lacks({"node 0 (constant) has no gradient"}, [&] { c.gradient(); }) == "");
}

TEST_CASE("a backward function gets the result and may overwrite dy, also when that is kept") {
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(3));
  std::optional<Real> seen;
  const Var y = tape.record("double", {x}, Tensor::scalar(6), [&](const Tensor& result, Tensor dy) {
    seen = result.item();
    dy[0] *= 2;
    x.add_gradient(std::move(dy));
  });
  y.keep_gradient();
  tape.backward(y);
  CHECK(seen == Real(6));
  CHECK(y.gradient().item() == 1);
  CHECK(x.gradient().item() == 2);
}

TEST_CASE("a gradient must have the shape of its value") {
  Tape tape;
  const Var x = tape.variable(Tensor::zeros({2, 3}));
  const Var y = tape.record("wrong", {x}, Tensor::scalar(0), [=](const Tensor&, Tensor) {
    x.add_gradient(Tensor::zeros({3, 2}));
  });
  CHECK(error_lacks({"[tape] a gradient has the shape of its value: variable is (2, 3), the "
                     "gradient is (3, 2)"},
                    [&] { tape.backward(y); }) == "");
}

// ---- Parameters ----

TEST_CASE("parameters collect gradients from step to step until somebody clears them") {
  Parameter w = parameter_of(3);
  for (const Real expected : {Real(6), Real(12)}) {
    Tape tape;
    const Var v = tape.parameter(w);
    tape.backward(times(v, v));
    CHECK(w.gradient.item() == expected);
    CHECK(v.gradient().item() == expected);
  }
  CHECK(w.value.item() == 3);
}

TEST_CASE("a parameter that is put on the tape twice collects both gradients") {
  Parameter w = parameter_of(3);
  Tape tape;
  tape.backward(times(tape.parameter(w), tape.parameter(w)));
  CHECK(w.gradient.item() == 6);
}

TEST_CASE("a parameter starts as zeros with a gradient of its shape") {
  const Parameter w("0.dense.kernel", Role::gamma, {2, 3});
  CHECK(w.name == "0.dense.kernel");
  CHECK(w.role == Role::gamma);
  CHECK(different_bits(w.value, Tensor::zeros({2, 3})) == "");
  CHECK(different_bits(w.gradient, Tensor::zeros({2, 3})) == "");
}

// ---- The tape as a picture ----

TEST_CASE("nodes stand in the order of their creation and know their inputs and layer") {
  Parameter w = parameter_of(3);
  Tape tape;
  const Var x = tape.constant(Tensor::scalar(1));
  CHECK(tape.enter_layer("3.residual") == "");
  const Var v = tape.parameter(w);
  CHECK(tape.enter_layer("3.residual.0.dense") == "3.residual");
  times(x, v);
  tape.enter_layer("3.residual");
  plus(x, v);
  tape.enter_layer("");
  const Var last = tape.variable(Tensor::scalar(0));
  CHECK(last.index() == 4);

  const auto& nodes = tape.nodes();
  CHECK(nodes.size() == 5);
  CHECK(nodes[0].operation == "constant");
  CHECK(nodes[0].layer == "");
  CHECK(nodes[1].operation == "parameter");
  CHECK(nodes[1].parameter == &w);
  CHECK(nodes[1].current_value().item() == 3);
  CHECK(nodes[1].layer == "3.residual");
  CHECK(nodes[2].operation == "times");
  CHECK(nodes[2].inputs == std::vector<Index>{0, 1});
  CHECK(nodes[2].layer == "3.residual.0.dense");
  CHECK(nodes[3].layer == "3.residual");
  CHECK(nodes[4].operation == "variable");
  CHECK(nodes[4].layer == "");
}

TEST_CASE("a reference to a value stays valid while the tape grows") {
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(7));
  const Tensor& value = x.value();
  for (int i = 0; i < 1000; ++i) tape.constant(Tensor::scalar(0));
  CHECK(&value == &x.value());
  CHECK(value.item() == 7);
}

TEST_CASE("an observer sees every node when it is recorded, and again after its backward") {
  std::vector<std::string> seen;
  Tape tape;
  tape.set_observer([&](const Tape::Node& node, bool backward) {
    CHECK_FALSE(node.current_value().empty());  // not yet released
    seen.push_back(node.operation + (backward ? " back" : ""));
  });
  const Var x = tape.variable(Tensor::scalar(3));
  tape.backward(plus(times(x, x), x));
  CHECK(seen == std::vector<std::string>{"variable", "times", "plus", "plus back", "times back"});
}

TEST_CASE("a parameter that is not trainable gets no gradient, and is none to compute for") {
  Parameter fixed("fixed", Role::kernel, {}), w("w", Role::kernel, {});
  fixed.value.fill(3);
  w.value.fill(5);
  fixed.trainable = false;
  Tape tape;
  const Var a = tape.parameter(fixed), b = tape.parameter(w);
  CHECK_FALSE(a.needs_gradient());
  CHECK(b.needs_gradient());
  const Var square = times(a, a);
  CHECK_FALSE(square.needs_gradient());
  tape.backward(times(square, b));
  CHECK(w.gradient.item() == 9);
  CHECK(fixed.gradient.item() == 0);
  // Nothing else in the computation: the loss does not depend on anything that could change.
  tape.clear();
  CHECK(error_lacks({"[backward] the loss depends on no variable and no parameter"},
                    [&] { tape.backward(tape.parameter(fixed)); }) == "");
}

}  // namespace minitape
