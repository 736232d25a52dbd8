#include "minitape/recipe/lookahead.hpp"

#include <cmath>

#include "ops/loops.hpp"

namespace minitape {

Lookahead::Lookahead(const LayerState& state, LookaheadOptions options, Index total_steps)
    : options_(options), total_steps_(total_steps) {
  MINITAPE_CHECK(options.every >= 0 && options.decay >= 0 && options.decay <= 1,
                 "[lookahead] the decay must be in [0, 1], the steps not negative: got ",
                 options.decay, " and ", options.every);
  if (options.every == 0) return;
  const auto add = [&](const std::string& name, Tensor& tensor) {
    names_.push_back(name);
    fast_.push_back(&tensor);
    slow_.push_back(tensor);
  };
  for (Parameter* parameter : state.parameters) add(parameter->name, parameter->value);
  for (Buffer* buffer : state.buffers) add(buffer->name, buffer->value);
}

void Lookahead::after_step(Index steps) {
  if (options_.every == 0 || (steps % options_.every != 0 && steps != total_steps_)) return;
  const double done = static_cast<double>(steps) / static_cast<double>(total_steps_);
  const auto share = static_cast<Real>(1 - options_.decay * std::pow(done, 3));  // of the fast
  for (std::size_t i = 0; i < fast_.size(); ++i) {
    slow_[i] = zip(std::move(slow_[i]), *fast_[i],
                   [share](Real slow, Real fast) { return slow + share * (fast - slow); });
    *fast_[i] = slow_[i];
  }
}

}  // namespace minitape
