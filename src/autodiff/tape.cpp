#include "minitape/autodiff/tape.hpp"

namespace minitape {

const Tensor& Var::value() const {
  const Tensor& value = tape_->node(*this).current_value();
  MINITAPE_CHECK(!value.empty(), "[tape] the value of node ", index_, " (",
                 tape_->node(*this).operation,
                 ") was released by backward: read it before, or call keep_gradient()");
  return value;
}

const Tensor& Var::gradient() const {
  const Tape::Node& node = tape_->node(*this);
  if (node.parameter) return node.parameter->gradient;
  MINITAPE_CHECK(!node.gradient.empty(), "[tape] node ", index_, " (", node.operation,
                 ") has no gradient: gradients exist after backward, for variables, parameters and "
                 "values on which keep_gradient() was called before it");
  return node.gradient;
}

void Var::keep_gradient() const {
  Tape::Node& node = tape_->node(*this);
  MINITAPE_CHECK(node.needs_gradient, "[tape] node ", index_, " (", node.operation,
                 ") gets no gradient: it was computed from constants alone");
  node.keep = true;
}

bool Var::needs_gradient() const { return tape_->node(*this).needs_gradient; }

void Var::add_gradient(Tensor dx) const { tape_->add_gradient(tape_->node(*this), std::move(dx)); }

Var Tape::constant(Tensor value) {
  return append({.operation = "constant", .value = std::move(value), .keep = true});
}

Var Tape::variable(Tensor value) {
  return append(
      {.operation = "variable", .value = std::move(value), .needs_gradient = true, .keep = true});
}

Var Tape::parameter(Parameter& parameter) {
  return append({.operation = "parameter",
                 .parameter = &parameter,
                 .needs_gradient = parameter.trainable,
                 .keep = true});
}

Var Tape::record(std::string operation, const std::vector<Var>& inputs, Tensor value,
                 Backward backward) {
  Node result{.operation = std::move(operation), .value = std::move(value)};
  for (const Var& input : inputs) {
    result.needs_gradient |= node(input).needs_gradient;
    result.inputs.push_back(input.index());
  }
  if (result.needs_gradient) result.backward = std::move(backward);
  return append(std::move(result));
}

Var Tape::append(Node node) {
  MINITAPE_CHECK(!backward_done_, "[tape] nothing can be recorded after backward: call clear()");
  node.layer = layer_;
  nodes_.push_back(std::move(node));
  if (observer_) observer_(nodes_.back(), false);
  return {this, static_cast<Index>(nodes_.size()) - 1, generation_};
}

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
  add_gradient(last, Tensor::full(loss.shape(), 1));
  for (Index i = loss.index(); i >= 0; --i) {
    Node& current = nodes_[static_cast<std::size_t>(i)];
    // Carry the gradient to the inputs. Nodes off the path to the loss have none.
    if (current.backward && !current.gradient.empty()) {
      Tensor dy = current.keep ? current.gradient : std::move(current.gradient);
      current.backward(current.value, std::move(dy));
      if (observer_) observer_(current, true);
    }
    // Every consumer of this node has been passed: release what nobody needs any more.
    current.backward = nullptr;
    if (!current.keep) current.value = Tensor();
  }
}

void Tape::add_gradient(Node& node, Tensor dx) {
  if (!node.needs_gradient) return;
  MINITAPE_CHECK(dx.shape() == node.current_value().shape(),
                 "[tape] a gradient has the shape of its value: ", node.operation, " is ",
                 node.current_value().shape(), ", the gradient is ", dx.shape());
  Tensor& gradient = node.parameter ? node.parameter->gradient : node.gradient;
  if (!gradient.empty()) return gradient.add(dx);
  gradient = std::move(dx);
}

void Tape::clear() {
  nodes_.clear();
  ++generation_;
  backward_done_ = false;
  layer_.clear();
}

Tape::Node& Tape::node(const Var& var) {
  MINITAPE_CHECK(var.tape_ == this, "[tape] the values come from two different tapes");
  MINITAPE_CHECK(var.generation_ == generation_,
                 "[tape] this value was recorded before clear() and is gone");
  return nodes_[static_cast<std::size_t>(var.index_)];
}

}  // namespace minitape
