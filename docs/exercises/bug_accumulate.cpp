// Exercise: find the bug (chapter 2).
//
// Training works with this add_gradient, as long as every parameter is used once in a step and the
// optimizer sets the gradients to zero after each. Somebody has shared a kernel between two layers,
// and somebody else adds up the gradients of two batches before a step. Both get wrong numbers.
//
// One line is wrong. What the function is for: include/minitape/autodiff/tape.hpp

void Tape::add_gradient(Node& node, Tensor dx) {
  if (!node.needs_gradient) return;
  MINITAPE_CHECK(dx.shape() == node.current_value().shape(),
                 "[tape] a gradient has the shape of its value: ", node.operation, " is ",
                 node.current_value().shape(), ", the gradient is ", dx.shape());
  // A parameter has room for its gradient from the start.
  if (node.parameter) {
    node.parameter->gradient = std::move(dx);
  } else if (node.gradient.empty()) {
    node.gradient = std::move(dx);
  } else {
    node.gradient.add(dx);
  }
}
