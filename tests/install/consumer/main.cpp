// Learns y = 2x + 1 from three points with gradient descent and prints the last loss.
#include <iostream>

#include "minitape/nn/dense.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/optim/sgd.hpp"

int main() {
  using namespace minitape;
  const Tensor x({3, 1}, {-1, 0, 1});
  const Tensor y({3, 1}, {-1, 1, 3});
  Sequential model;
  model.add<Dense>(1, 1);
  model.initialize(1);
  Sgd sgd(model.state().parameters, {});
  Tape tape;
  Real loss = 0;
  for (int step = 0; step < 100; ++step) {
    tape.clear();
    const Var error = mean_squared_error(model.forward(tape.constant(x), Mode::training), y);
    tape.backward(error);
    loss = error.value().item();
    sgd.step(0.1);
  }
  std::cout << "loss " << loss << "\n";
  return loss < 1e-6 ? 0 : 1;
}
