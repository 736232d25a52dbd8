// Exercise: the tape's way back (chapter 2).
//
// Equations and the order of the nodes: include/minitape/autodiff/tape.hpp. A node is a Tape::Node,
// described there: value, gradient, backward, parameter, needs_gradient, keep.
//
// Write two functions. backward gives the loss the gradient 1 and carries gradients from the last
// node to the first. add_gradient is the only place that sums them up: dx has the shape of the
// node's value, and a value that is used twice receives two of them.

void Tape::backward(Var loss) {
  MINITAPE_CHECK(!backward_done_,
                 "[backward] has already run on this tape and has released its "
                 "values: record the computation again");
  Node& last = node(loss);
  MINITAPE_CHECK(loss.value().size() == 1,
                 "[backward] needs a loss of exactly one element: its shape is ", loss.shape());
  MINITAPE_CHECK(last.needs_gradient,
                 "[backward] the loss depends on no variable and no parameter");
  backward_done_ = true;

  last.keep = true;  // so that the caller can still read the loss
  // The gradient of the loss with respect to itself.
  // For every node, in the right order:
  //   Carry the gradient to the inputs. Nodes off the path to the loss have none.
  //   Every consumer of this node has been passed: release what nobody needs any more.
  not_done("Tape::backward");
}

void Tape::add_gradient(Node& node, Tensor dx) {
  MINITAPE_CHECK(dx.shape() == node.current_value().shape(),
                 "[tape] a gradient has the shape of its value: ", node.operation, " is ",
                 node.current_value().shape(), ", the gradient is ", dx.shape());
  // Does this node want a gradient? Where is it kept? Is it the first that arrives?
  not_done("Tape::add_gradient");
}
