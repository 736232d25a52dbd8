// The tape: reverse-mode automatic differentiation.
//
// Every operation computes its result at once and appends a node to the tape: the result, the nodes
// it was computed from, and a function that carries the gradient of the result back to them. Nodes
// stand in the order of their creation, so whatever a node was computed from stands before it, and
// one loop from the last node to the first meets every node after all of its consumers:
//
//   x ──► y = f(x) ──► L            forward:   each node is appended
//   dx ◄── dy = ∂L/∂y ◄── 1         backward:  dx += (∂y/∂x)ᵀ dy, last node first
//
// A value that is used twice receives two contributions. Tape::add_gradient is the only place that
// sums them up. In use: apps/examples/first_gradient.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "minitape/autodiff/parameter.hpp"
#include "minitape/core/tensor.hpp"

namespace minitape {

class Tape;

/// A handle to one value on a tape: cheap to copy, owns nothing. It must not outlive its tape, and
/// after Tape::clear() its value and gradient are gone: asking for them throws.
class Var {
 public:
  /// Throws after backward for the values in between, whose memory it has released.
  const Tensor& value() const;
  const Shape& shape() const { return value().shape(); }  // of the value
  /// ∂loss/∂this after backward: for variables, and for whatever keep_gradient() was called on. For
  /// parameters, what has been added up in the parameter.
  const Tensor& gradient() const;
  /// Asks backward to leave this value and its gradient in place.
  void keep_gradient() const;

  /// Whether anything upstream wants a gradient. An operation need not compute one otherwise.
  bool needs_gradient() const;
  /// Adds dx, of the shape of the value, to this value's gradient. For backward functions.
  void add_gradient(Tensor dx) const;

  Tape& tape() const { return *tape_; }
  Index index() const { return index_; }  // position on the tape

 private:
  friend class Tape;
  Var(Tape* tape, Index index, std::uint64_t generation)
      : tape_(tape), index_(index), generation_(generation) {}

  Tape* tape_;
  Index index_;
  std::uint64_t generation_;  // of the tape when this handle was made
};

/// Carries the gradient back through one operation: gets the operation's result y, from which some
/// gradients are easily told (that of the sigmoid is dy·y·(1 − y)), and dy = ∂loss/∂y, which it may
/// overwrite and pass on. It calls add_gradient on the operation's inputs, whose values are still
/// there: they stand earlier on the tape. It asks for needs_gradient() where that saves work.
using Backward = std::function<void(const Tensor& y, Tensor dy)>;

class Tape {
 public:
  Tape() = default;
  Tape(const Tape&) = delete;  // handles point to the tape
  Tape& operator=(const Tape&) = delete;

  /// A value that needs no gradient: the images of a batch.
  Var constant(Tensor value);
  /// A value whose gradient can be read after backward.
  Var variable(Tensor value);
  /// A value that stays in `parameter`, where backward adds its gradient. The parameter must
  /// outlive the tape's use of it and must not change before backward.
  Var parameter(Parameter& parameter);
  /// The result of an operation. `backward` is dropped when no input needs a gradient.
  Var record(std::string operation, const std::vector<Var>& inputs, Tensor value,
             Backward backward);

  /// Computes the gradient of `loss`, which must have exactly one element, with respect to every
  /// variable and parameter it was computed from. Values in between and their gradients are
  /// released on the way. Can be called once until clear(); throws the second time.
  void backward(Var loss);
  /// Forgets all nodes, so that the tape can record the next step.
  void clear();

  /// What stands at one position: for pictures of the graph and for finding where numbers went bad.
  struct Node {
    std::string operation;      // "conv2d"; "constant", "variable", "parameter" for leaves
    std::string layer;          // the layer that recorded it, "0.conv2d"; empty outside of layers
    std::vector<Index> inputs;  // positions of earlier nodes
    Tensor value;               // empty for parameters, which keep their own, and once released
    Tensor gradient;            // empty until something flows into it
    Backward backward;          // empty for leaves and where no gradient is needed
    Parameter* parameter = nullptr;
    bool needs_gradient = false;
    bool keep = false;  // backward leaves the value and the gradient in place
    /// The value, or the parameter's own; empty once released.
    const Tensor& current_value() const { return parameter ? parameter->value : value; }
  };
  const std::deque<Node>& nodes() const { return nodes_; }

  /// Called with every node when it has been recorded, and again when its gradient has been carried
  /// back, before its value is released: to measure where time goes. Empty: nobody watches.
  using Observer = std::function<void(const Node& node, bool backward)>;
  void set_observer(Observer observer) { observer_ = std::move(observer); }  // from now on

  /// Nodes are recorded under this layer name from now on. Returns the name before.
  std::string enter_layer(std::string name) { return std::exchange(layer_, std::move(name)); }

 private:
  friend class Var;
  Node& node(const Var& var);  // throws for stale handles and handles of other tapes
  Var append(Node node);
  void add_gradient(Node& node, Tensor dx);

  std::deque<Node> nodes_;  // a deque: references to values stay valid while nodes are appended
  std::uint64_t generation_ = 0;
  bool backward_done_ = false;
  std::string layer_;
  Observer observer_;
};

}  // namespace minitape
