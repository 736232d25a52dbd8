#include "minitape/nn/layer.hpp"

namespace minitape {

void LayerState::append(const LayerState& other) {
  parameters.insert(parameters.end(), other.parameters.begin(), other.parameters.end());
  buffers.insert(buffers.end(), other.buffers.begin(), other.buffers.end());
  counters.insert(counters.end(), other.counters.begin(), other.counters.end());
}

ConstLayerState Layer::const_state() const {
  // state() changes nothing itself; what it returns is only passed on as const.
  const LayerState all = const_cast<Layer*>(this)->state();
  return {{all.parameters.begin(), all.parameters.end()},
          {all.buffers.begin(), all.buffers.end()},
          {all.counters.begin(), all.counters.end()}};
}

void Layer::add_prefix(const std::string& prefix) {
  const LayerState all = state();
  for (Parameter* parameter : all.parameters) parameter->name.insert(0, prefix + ".");
  for (Buffer* buffer : all.buffers) buffer->name.insert(0, prefix + ".");
  for (Counter* counter : all.counters) counter->name.insert(0, prefix + ".");
}

}  // namespace minitape
