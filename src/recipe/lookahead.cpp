#include "minitape/recipe/lookahead.hpp"

#include <cmath>

#include "ops/loops.hpp"

namespace minitape {

void Lookahead::after_step(Index steps, Index total_steps, const LayerState& model,
                           const LayerState& slow) const {
  if (every == 0 || (steps % every != 0 && steps != total_steps)) return;
  const double done = static_cast<double>(steps) / static_cast<double>(total_steps);
  const auto share = static_cast<Real>(1 - decay * std::pow(done, 3));  // of the model
  const auto mix = [share](Tensor& kept, Tensor& w) {
    kept = zip(std::move(kept), w, [share](Real k, Real v) { return k + share * (v - k); });
    w = kept;
  };
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    mix(slow.parameters[i]->value, model.parameters[i]->value);
  }
  for (std::size_t i = 0; i < model.buffers.size(); ++i) {
    mix(slow.buffers[i]->value, model.buffers[i]->value);
  }
}

}  // namespace minitape
