// Layer: a piece of a model that maps examples to examples and may own state.
//
// A layer has two ways to compute the same thing. forward() records on a tape and may change the
// layer (batch norm updates its running statistics), so it needs a layer that is not const.
// predict() is all that a const layer offers: no tape, no change, the statistics from training. A
// model that is handed out as const cannot be evaluated in the wrong mode.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <typeinfo>
#include <vector>

#include "minitape/autodiff/tape.hpp"

namespace minitape {

/// How forward computes: with the statistics of the batch and with dropout, or as predict does.
enum class Mode { training, inference };

/// A tensor that belongs to the state of a layer but is not trained: running statistics.
struct Buffer {
  std::string name;
  Tensor value;
};

/// A count that belongs to the state of a layer: how many updates, how many random masks.
struct Counter {
  std::string name;
  std::int64_t value = 0;
};

/// Everything a layer must keep from one step to the next, in a fixed order.
struct LayerState {
  std::vector<Parameter*> parameters;
  std::vector<Buffer*> buffers;
  std::vector<Counter*> counters;

  void append(const LayerState& other) {  // after what is here
    parameters.insert(parameters.end(), other.parameters.begin(), other.parameters.end());
    buffers.insert(buffers.end(), other.buffers.begin(), other.buffers.end());
    counters.insert(counters.end(), other.counters.begin(), other.counters.end());
  }
};

struct ConstLayerState {  // the same, to look at only
  std::vector<const Parameter*> parameters;
  std::vector<const Buffer*> buffers;
  std::vector<const Counter*> counters;
};

class Layer {
 public:
  virtual ~Layer() = default;

  /// What configs and tensor names call it: "conv2d".
  virtual std::string type() const = 0;
  /// A copy with the same state and names. A class derived from a layer needs its own.
  virtual std::unique_ptr<Layer> clone() const = 0;
  /// The shape of one example's output, without the batch axis, given one example's input shape.
  /// Throws when the layer cannot take such an input.
  virtual Shape output_shape(const Shape& input) const = 0;

  /// x is (N, …). Records on x's tape.
  virtual Var forward(Var x, Mode mode) = 0;
  /// The same as forward in Mode::inference, without a tape: bit for bit for a single layer.
  virtual Tensor predict(const Tensor& x) const = 0;

  virtual LayerState state() { return {}; }  // none, if the layer does not say otherwise
  ConstLayerState const_state() const {      // the same of a const layer
    // state() changes nothing itself; what it returns is only passed on as const.
    const LayerState all = const_cast<Layer*>(this)->state();
    return {{all.parameters.begin(), all.parameters.end()},
            {all.buffers.begin(), all.buffers.end()},
            {all.counters.begin(), all.counters.end()}};
  }
  /// Sets the state to its start: kernels drawn from streams of `seed` that are named after them.
  virtual void initialize(std::uint64_t) {}
  /// Puts "prefix." before the names of all state: "kernel" becomes "0.conv2d.kernel".
  virtual void add_prefix(const std::string& prefix) {
    const LayerState all = state();
    for (Parameter* parameter : all.parameters) parameter->name.insert(0, prefix + ".");
    for (Buffer* buffer : all.buffers) buffer->name.insert(0, prefix + ".");
    for (Counter* counter : all.counters) counter->name.insert(0, prefix + ".");
  }
};

/// The layer as an L, or nullptr. Exactly an L: a class derived from it may compute something else.
template <class L>
L* exactly(Layer& layer) {
  return typeid(layer) == typeid(L) ? static_cast<L*>(&layer) : nullptr;
}
template <class L>
const L* exactly(const Layer& layer) {
  return exactly<L>(const_cast<Layer&>(layer));
}

}  // namespace minitape
