#include "minitape/optim/sgd.hpp"

#include "minitape/core/parallel.hpp"

namespace minitape {

Sgd::Sgd(std::vector<Parameter*> parameters, SgdOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  MINITAPE_CHECK(options.momentum >= 0 && options.momentum < 1,
                 "[sgd] momentum must be in [0, 1): got ", options.momentum);
  MINITAPE_CHECK(options.weight_decay >= 0 && options.beta_factor >= 0,
                 "[sgd] weight_decay and beta_factor must not be negative: got ",
                 options.weight_decay, " and ", options.beta_factor);
  MINITAPE_CHECK(!options.nesterov || options.momentum > 0, "[sgd] nesterov needs momentum > 0");
  if (options.momentum == 0) return;
  for (const Parameter* parameter : parameters_) {
    velocities_.push_back(Tensor::zeros(parameter->value.shape()));
  }
}

void Sgd::step(double learning_rate) {
  const auto rate = static_cast<Real>(learning_rate);
  const auto momentum = static_cast<Real>(options_.momentum);
  const bool nesterov = options_.nesterov;
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    Parameter& parameter = *parameters_[p];
    if (!parameter.trainable) continue;
    const bool beta = parameter.role == Role::beta;
    const auto factor = static_cast<Real>(options_.beta_factor);
    const bool decays = parameter.role == Role::kernel || (beta && options_.decay_betas);
    const Real decay = decays ? static_cast<Real>(options_.weight_decay) : 0;
    Real* const w = parameter.value.data();
    Real* const dw = parameter.gradient.data();
    Real* const v = velocities_.empty() ? nullptr : velocities_[p].data();
    parallel_for(parameter.value.size(), kElementGrain, [=](Index begin, Index end) {
      // Simple loops, which the compiler vectorizes. dw is the gradient, then the step's direction.
      if (beta)
        for (Index i = begin; i < end; ++i) dw[i] *= factor;
      for (Index i = begin; i < end; ++i) dw[i] += decay * w[i];
      if (v) {
        for (Index i = begin; i < end; ++i) v[i] = momentum * v[i] + dw[i];
        for (Index i = begin; i < end; ++i) dw[i] = nesterov ? dw[i] + momentum * v[i] : v[i];
      }
      for (Index i = begin; i < end; ++i) w[i] -= rate * dw[i];
      for (Index i = begin; i < end; ++i) dw[i] = 0;
    });
  }
}

}  // namespace minitape
