#include "minitape/autodiff/tape.hpp"

#include <memory>
#include <optional>

#include "testing.hpp"

namespace minitape {
namespace {

// Two small operations, so that this chapter is tested without the next one.
Var times(Var a, Var b) {
  Tensor y = a.value();
  for (Index i = 0; i < y.size(); ++i) y[i] *= b.value()[i];
  return a.tape().record("times", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    Tensor da = dy, db = dy;
    for (Index i = 0; i < dy.size(); ++i) {
      da[i] *= b.value()[i];
      db[i] *= a.value()[i];
    }
    a.add_gradient(da);
    b.add_gradient(db);
  });
}

Var plus(Var a, Var b) {
  Tensor y = a.value();
  y.add(b.value());
  return a.tape().record("plus", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    a.add_gradient(dy);
    b.add_gradient(dy);
  });
}

Parameter parameter_of(Real value) {
  Parameter parameter("w", Role::kernel, {});
  parameter.value.fill(value);
  return parameter;
}

}  // namespace

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

// ---- What stays after backward ----

TEST_CASE("backward releases the values in between and says so") {
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(2));
  const Var y = times(x, x), loss = times(y, y);
  tape.backward(loss);
  CHECK(x.value().item() == 2);
  CHECK(loss.value().item() == 16);
  CHECK(loss.gradient().item() == 1);
  CHECK(error_lacks({"[tape] the value of node 1 (times) was released by backward: read it "
                     "before, or call keep_gradient()"},
                    [&] { y.value(); }) == "");
  CHECK(error_lacks({"[tape] node 1 (times) has no gradient", "keep_gradient() was called"},
                    [&] { y.gradient(); }) == "");
}

TEST_CASE("backward drops what the backward functions hold on to") {
  const auto held = std::make_shared<int>(1);
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(2));
  const Var y = tape.record("hold", {x}, Tensor::scalar(2), [=](const Tensor&, Tensor dy) {
    static_cast<void>(held);
    x.add_gradient(std::move(dy));
  });
  CHECK(held.use_count() == 2);
  tape.backward(y);
  CHECK(held.use_count() == 1);
}

TEST_CASE("keep_gradient keeps a value in between and its gradient") {
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(2));
  const Var y = times(x, x), loss = times(y, y);
  y.keep_gradient();
  tape.backward(loss);
  CHECK(y.value().item() == 4);
  CHECK(y.gradient().item() == 8);   // 2y
  CHECK(x.gradient().item() == 32);  // 4x³
}

TEST_CASE("a constant has no gradient to keep") {
  Tape tape;
  const Var c = tape.constant(Tensor::scalar(1));
  CHECK(error_lacks({"[tape] node 0 (constant) gets no gradient: it was computed from constants "
                     "alone"},
                    [&] { c.keep_gradient(); }) == "");
}

TEST_CASE("before backward only parameters have a gradient") {
  Parameter w = parameter_of(3);
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(1)), v = tape.parameter(w);
  CHECK(error_lacks({"node 0 (variable) has no gradient"}, [&] { x.gradient(); }) == "");
  CHECK(v.gradient().item() == 0);
}

// ---- What cannot work ----

TEST_CASE("a second backward throws, and so does recording after the first") {
  Tape tape;
  const Var x = tape.variable(Tensor::scalar(2)), y = times(x, x);
  tape.backward(y);
  CHECK(error_lacks({"[backward] has already run on this tape"}, [&] { tape.backward(y); }) == "");
  CHECK(error_lacks({"[tape] nothing can be recorded after backward: call clear()"},
                    [&] { times(x, x); }) == "");
  CHECK(x.gradient().item() == 4);
}

TEST_CASE("the loss has exactly one element") {
  Tape tape;
  const Var x = tape.variable(Tensor({2}, {1, 2}));
  CHECK(error_lacks({"[backward] needs a loss of exactly one element: its shape is (2)"},
                    [&] { tape.backward(times(x, x)); }) == "");
}

TEST_CASE("a loss without a variable or a parameter upstream is refused") {
  Tape tape;
  const Var c = tape.constant(Tensor::scalar(2));
  CHECK(error_lacks({"[backward] the loss depends on no variable and no parameter"},
                    [&] { tape.backward(times(c, c)); }) == "");
}

TEST_CASE("a refused backward leaves the tape as it was") {
  Tape tape;
  const Var x = tape.variable(Tensor({2}, {1, 2}));
  CHECK_THROWS_AS(tape.backward(x), Error);
  const Var s = tape.variable(Tensor::scalar(2)), y = times(s, s);
  tape.backward(y);
  CHECK(s.gradient().item() == 4);
}

TEST_CASE("after clear the tape records anew and every old handle is refused") {
  Tape tape;
  const Var old = tape.variable(Tensor::scalar(2));
  tape.backward(times(old, old));
  tape.clear();
  CHECK(tape.nodes().empty());
  const Var x = tape.variable(Tensor::scalar(3));  // stands where `old` stood
  const std::string_view gone = "[tape] this value was recorded before clear() and is gone";
  CHECK(error_lacks({gone}, [&] { old.value(); }) == "");
  CHECK(error_lacks({gone}, [&] { old.shape(); }) == "");
  CHECK(error_lacks({gone}, [&] { old.gradient(); }) == "");
  CHECK(error_lacks({gone}, [&] { old.keep_gradient(); }) == "");
  CHECK(error_lacks({gone}, [&] { old.needs_gradient(); }) == "");
  CHECK(error_lacks({gone}, [&] { old.add_gradient(Tensor::scalar(1)); }) == "");
  CHECK(error_lacks({gone}, [&] { tape.record("f", {old}, Tensor::scalar(1), {}); }) == "");
  CHECK(error_lacks({gone}, [&] { tape.backward(old); }) == "");
  tape.backward(times(x, x));
  CHECK(x.gradient().item() == 6);
}

TEST_CASE("values of two tapes do not mix") {
  Tape one, two;
  const Var a = one.variable(Tensor::scalar(1)), b = two.variable(Tensor::scalar(2));
  const std::string_view text = "[tape] the values come from two different tapes";
  CHECK(error_lacks({text}, [&] { times(a, b); }) == "");
  CHECK(error_lacks({text}, [&] { times(b, a); }) == "");
  CHECK(error_lacks({text}, [&] { one.backward(b); }) == "");
}

// ---- The tape as a picture ----

TEST_CASE("nodes stand in the order of their creation and know their inputs and layer") {
  Parameter w = parameter_of(3);
  Tape tape;
  const Var x = tape.constant(Tensor::scalar(1));
  {
    const Tape::LayerScope outer(tape, "3.residual");
    const Var v = tape.parameter(w);
    {
      const Tape::LayerScope inner(tape, "3.residual.0.dense");
      times(x, v);
    }
    plus(x, v);
  }
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

}  // namespace minitape
