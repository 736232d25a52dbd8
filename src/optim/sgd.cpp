#include "minitape/optim/sgd.hpp"

#include "minitape/core/parallel.hpp"

namespace minitape {

Sgd::Sgd(std::vector<Parameter*> parameters, SgdOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  MINITAPE_CHECK(options.momentum >= 0 && options.momentum < 1 && options.weight_decay >= 0,
                 "[sgd] momentum must be in [0, 1) and weight_decay not negative: got ",
                 options.momentum, " and ", options.weight_decay);
  MINITAPE_CHECK(!options.nesterov || options.momentum > 0, "[sgd] nesterov needs a momentum");
  if (options.momentum == 0) return;
  for (const Parameter* parameter : parameters_) {
    velocities_.push_back(Tensor::zeros(parameter->value.shape()));
  }
}

namespace {

// w −= rate·step(i, g) with g = dw + decay·w, and dw = 0 for the next step. One loop for each kind of
// step, so that none asks within the loop what kind it is.
template <class Step>
void update(Parameter& parameter, Real rate, Real decay, Step step) {
  Real* const w = parameter.value.data();
  Real* const dw = parameter.gradient.data();
  parallel_for(parameter.value.size(), kElementGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const Real g = dw[i] + decay * w[i];
      w[i] -= rate * step(i, g);
      dw[i] = 0;
    }
  });
}

}  // namespace

void Sgd::step(double learning_rate) {
  const auto rate = static_cast<Real>(learning_rate);
  const auto momentum = static_cast<Real>(options_.momentum);
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    Parameter& parameter = *parameters_[p];
    const auto decay =
        parameter.role == Role::kernel ? static_cast<Real>(options_.weight_decay) : Real{0};
    if (velocities_.empty()) {
      update(parameter, rate, decay, [](Index, Real g) { return g; });
      continue;
    }
    Real* const v = velocities_[p].data();
    if (options_.nesterov) {
      update(parameter, rate, decay, [=](Index i, Real g) {
        v[i] = momentum * v[i] + g;
        return g + momentum * v[i];
      });
    } else {
      update(parameter, rate, decay, [=](Index i, Real g) { return v[i] = momentum * v[i] + g; });
    }
  }
}

}  // namespace minitape
