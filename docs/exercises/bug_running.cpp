// Exercise: find the bug (chapter 9).
//
// After 200 times the same batch the running statistics are those of the batch, as they should be.
// But in training they jump about, and a test set is predicted well after one epoch and badly after
// the next.
//
// One line is wrong. Options and members: include/minitape/nn/batch_norm.hpp

void BatchNorm::update_running(const BatchStatistics& batch, Index rows) {
  const auto t = static_cast<double>(++updates_.value);
  const double d = options_.ema_decay;
  double weight = 1 - d;
  if (options_.running == RunningStatistics::cumulative) weight = 1 / t;
  if (options_.running == RunningStatistics::debiased_ema && d < 1) weight /= 1 - std::pow(d, t);
  const auto m = static_cast<double>(rows);
  const double correction = options_.unbiased_running_variance ? m / (m - 1) : 1;

  const auto move_towards = [weight](Real& running, double value) {
    running = static_cast<Real>(weight * running + (1 - weight) * value);
  };
  for (Index c = 0; c < batch.mean.size(); ++c) {
    move_towards(mean_.value[c], batch.mean[c]);
    move_towards(variance_.value[c], batch.variance[c] * correction);
  }
}
