// What the tape adds up, what it lets go of, and what it refuses.
#include <functional>
#include <iostream>

#include "minitape/core/allocator.hpp"
#include "minitape/ops/arithmetic.hpp"

using namespace minitape;

void refused(const std::function<void()>& action) {
  try {
    action();
    std::cout << "no error\n";
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
}

int main() {
  // Two tapes, one parameter: its gradient grows until somebody sets it to zero.
  Parameter w("w", Role::kernel, Shape{});
  w.value.fill(5);
  for (int step = 1; step <= 2; ++step) {
    Tape tape;
    const Var on_tape = tape.parameter(w);
    tape.backward(on_tape * on_tape);  // w², whose derivative is 2w = 10
    std::cout << "after backward " << step << ": w.gradient = " << w.gradient.item() << "\n";
  }

  // A million numbers of 4 bytes, ten operations on them, one after the other, and a sum.
  Tape tape;
  Var x = tape.variable(Tensor::full({1'000'000}, 1));
  for (int i = 0; i < 10; ++i) x = Real(2) * x;
  const Var loss = sum(x);
  std::cout << "recorded: " << allocator_stats().bytes_in_use / 1'000'000 << " million bytes\n";
  tape.backward(loss);
  std::cout << "done: " << allocator_stats().bytes_in_use / 1'000'000 << " million bytes\n";

  refused([&] { x.value(); });            // a value in between
  refused([&] { tape.backward(loss); });  // a second time
  tape.clear();
  refused([&] { loss.value(); });  // a handle from before clear()
  const Var pair = tape.variable(Tensor({2}, {1, 2}));
  refused([&] { tape.backward(pair); });  // two numbers are no loss
  const Var one = tape.constant(Tensor::scalar(1));
  refused([&] { tape.backward(one); });  // it depends on nothing
}
