// The worked examples of chapter 4: a dense layer of two inputs and two units, and the loss.
#include <cmath>
#include <iostream>

#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/dense.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"

using namespace minitape;

void print(const std::string& name, const Tensor& x) {
  std::cout << name << " =";
  for (Index i = 0; i < x.size(); ++i) {
    std::cout << (i > 0 && i % x.channels() == 0 ? " | " : " ") << x[i];
  }
  std::cout << "\n";
}

int main() {
  Tape tape;
  const Var x = tape.variable(Tensor({2, 2}, {1, 2, 3, -1}));
  const Var W = tape.variable(Tensor({2, 2}, {1, 0, 2, 1}));
  const Var b = tape.variable(Tensor({2}, {1, -1}));
  const Var y = dense(x, W, b);
  print("y", y.value());
  // L = Σ r·y makes dy = r.
  const Tensor r({2, 2}, {1, 0, 2, -1});
  tape.backward(sum(y * tape.constant(r)));
  print("dW", W.gradient());
  print("db", b.gradient());
  print("dx", x.gradient());

  // Two examples with logits (0, log 3); the first is of class 0, the second of class 1.
  Tape second;
  const Real log_3 = std::log(Real(3));
  const Var z = second.variable(Tensor({2, 2}, {0, log_3, 0, log_3}));
  const std::vector<int> labels{0, 1};
  const Var loss = softmax_cross_entropy(z, labels);
  print("p", softmax(z.value()));
  second.backward(loss);
  print("loss", loss.value());
  print("dz", z.gradient());

  // Logits that e^z cannot hold.
  const std::vector<int> label{1};
  print("loss of (1000, 0), class 1", softmax_cross_entropy(Tensor({1, 2}, {1000, 0}), label));
}
