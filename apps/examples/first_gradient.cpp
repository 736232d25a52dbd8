// The smallest possible use of minitape: a product, its value and its gradients.
//
//   y = a·b + a        ∂y/∂a = b + 1        ∂y/∂b = a
#include <iostream>

#include "minitape/ops/arithmetic.hpp"

int main() {
  using namespace minitape;
  Tape tape;
  const Var a = tape.variable(Tensor::scalar(3));
  const Var b = tape.variable(Tensor::scalar(4));
  const Var y = a * b + a;  // a is used twice: its gradient has two parts

  tape.backward(y);
  std::cout << "y     = " << y.value().item() << "\n"      // 15
            << "dy/da = " << a.gradient().item() << "\n"   // 5
            << "dy/db = " << b.gradient().item() << "\n";  // 3
}
