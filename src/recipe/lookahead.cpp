#include "minitape/recipe/lookahead.hpp"

#include <cmath>

#include "ops/loops.hpp"

namespace minitape {

void Lookahead::after_step(Index steps, Index total_steps, const LayerState& model,
                           const LayerState& slow) const {
  if (every == 0 || (steps % every != 0 && steps != total_steps)) return;
  const double done = static_cast<double>(steps) / static_cast<double>(total_steps);
  const auto share = static_cast<Real>(1 - decay * std::pow(done, 3));  // 1 − d
  const auto mix = [share](Tensor& slow_w, Tensor& w) {
    slow_w = zip(std::move(slow_w), w, [share](Real s, Real v) { return s + share * (v - s); });
    w = slow_w;
  };
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    mix(slow.parameters[i]->value, model.parameters[i]->value);
  }
  for (std::size_t i = 0; i < model.buffers.size(); ++i) {
    mix(slow.buffers[i]->value, model.buffers[i]->value);
  }
}

}  // namespace minitape
