#include "minitape/recipe/lookahead.hpp"

#include <cmath>

#include "ops/loops.hpp"

namespace minitape {

Lookahead::Lookahead(Index every, double decay, Index total_steps)
    : every_(every), decay_(decay), total_steps_(total_steps) {
  MINITAPE_CHECK(every <= total_steps || total_steps == 0, "[lookahead] optimizer.lookahead_steps ",
                 "must be 0 (none) or not more than the run's ", total_steps, " steps: it is ",
                 every);
}

void Lookahead::after_step(Index steps, const LayerState& model, const LayerState& slow) const {
  if (every_ == 0 || (steps % every_ != 0 && steps != total_steps_)) return;
  const double done = static_cast<double>(steps) / static_cast<double>(total_steps_);
  const auto share = static_cast<Real>(1 - decay_ * std::pow(done, 3));  // of the model
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
