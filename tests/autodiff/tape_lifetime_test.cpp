// The tape over time: what backward and clear leave behind, and what is refused.

#include <memory>

#include "autodiff/small_operations.hpp"
#include "minitape/autodiff/tape.hpp"
#include "testing.hpp"

namespace minitape {

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

}  // namespace minitape
