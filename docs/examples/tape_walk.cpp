// The tape of first_gradient, node by node: recorded, then while backward goes through it.
#include <iomanip>
#include <iostream>

#include "minitape/ops/arithmetic.hpp"

using namespace minitape;

// The only element of a tensor, or a dash where there is no tensor.
std::string text(const Tensor& tensor) { return tensor.empty() ? "-" : concat(tensor.item()); }

void print(const std::string& title, const Tape& tape) {
  std::cout << title << "\n";
  for (std::size_t i = 0; i < tape.nodes().size(); ++i) {
    const Tape::Node& node = tape.nodes()[i];
    std::string inputs;
    for (const Index input : node.inputs) inputs += concat(" ", input);
    std::cout << std::left << "  " << i << "  " << std::setw(10) << node.operation  //
              << "from" << std::setw(6) << inputs                                   //
              << "value " << std::setw(5) << text(node.value)                       //
              << "gradient " << text(node.gradient) << "\n";
  }
}

int main() {
  Tape tape;
  const Var a = tape.variable(Tensor::scalar(3));  // node 0
  const Var b = tape.variable(Tensor::scalar(4));  // node 1
  const Var y = a * b + a;                         // nodes 2 and 3
  print("recorded:", tape);

  tape.set_observer([&](const Tape::Node& node, bool) {
    print("the gradient of " + node.operation + " has been carried back:", tape);
  });
  tape.backward(y);
  print("done:", tape);
}
