// Which class a layer is. Private to the layers.
#pragma once

#include <typeinfo>

#include "minitape/nn/layer.hpp"

namespace minitape {

/// The layer as an L, or nullptr. Exactly an L: a class derived from it may compute something else.
template <class L>
L* exactly(Layer& layer) {
  return typeid(layer) == typeid(L) ? static_cast<L*>(&layer) : nullptr;
}
template <class L>
const L* exactly(const Layer& layer) {
  return typeid(layer) == typeid(L) ? static_cast<const L*>(&layer) : nullptr;
}

}  // namespace minitape
