#include "minitape/nn/batch_norm.hpp"

#include <cmath>

namespace minitape {

BatchNorm::BatchNorm(Index channels, BatchNormOptions options)
    : options_(options),
      gamma_("gamma", Role::gamma, {channels}),
      beta_("beta", Role::beta, {channels}),
      mean_{"running_mean", Tensor::uninitialized({channels})},
      variance_{"running_variance", Tensor::uninitialized({channels})},
      updates_{"updates"} {
  MINITAPE_CHECK(channels >= 1, "[batch_norm] needs at least one channel: got ", channels);
  MINITAPE_CHECK(options.epsilon > 0 && options.ema_decay >= 0 && options.ema_decay <= 1,
                 "[batch_norm] epsilon must be positive and ema_decay in [0, 1]: got ",
                 options.epsilon, " and ", options.ema_decay);
  initialize(0);
}

void BatchNorm::initialize(std::uint64_t) {
  gamma_.value.fill(1);
  beta_.value.fill(0);
  mean_.value.fill(0);
  variance_.value.fill(1);
  updates_.value = 0;
}

Shape BatchNorm::output_shape(const Shape& input) const {
  const Index channels = gamma().size();
  MINITAPE_CHECK(input.rank() >= 1 && input.channels() == channels,
                 "[batch_norm] takes examples with ", channels,
                 " channels: the layer before gives ", input);
  return input;
}

Var BatchNorm::forward(Var x, Mode mode) {
  const Var gamma = x.tape().parameter(gamma_), beta = x.tape().parameter(beta_);
  const auto epsilon = static_cast<Real>(options_.epsilon);
  if (mode == Mode::inference) return batch_norm_inference(x, gamma, beta, running(), epsilon);
  const BatchNormResult result = batch_norm_training(x, gamma, beta, epsilon);
  update_running(result.batch, x.value().rows());
  return result.y;
}

Tensor BatchNorm::predict(const Tensor& x) const {
  return batch_norm_inference(x, gamma(), beta(), running(), static_cast<Real>(options_.epsilon));
}

void BatchNorm::update_running(const BatchStatistics& batch, Index rows) {
  const auto t = static_cast<double>(++updates_.value);
  const double d = options_.ema_decay;
  double weight = 1 - d;
  if (options_.running == RunningStatistics::cumulative) weight = 1 / t;
  if (options_.running == RunningStatistics::debiased_ema && d < 1) weight /= 1 - std::pow(d, t);
  const auto m = static_cast<double>(rows);
  const double correction = options_.unbiased_running_variance ? m / (m - 1) : 1;

  const auto move_towards = [weight](Real& running, double value) {
    running += static_cast<Real>(weight * (value - static_cast<double>(running)));
  };
  for (Index c = 0; c < batch.mean.size(); ++c) {
    move_towards(mean_.value[c], static_cast<double>(batch.mean[c]));
    move_towards(variance_.value[c], static_cast<double>(batch.variance[c]) * correction);
  }
}

}  // namespace minitape
