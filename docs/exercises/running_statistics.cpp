// Exercise: the running statistics (chapter 9).
//
// Options and members: include/minitape/nn/batch_norm.hpp. mean_.value and variance_.value are [C],
// at first 0 and 1; updates_.value counts the updates, this one included; batch.mean and
// batch.variance, which is biased, belong to a batch with `rows` values per channel.
//
//   running ← running + weight·(batch − running), of mean and variance alike, with the weight
//
//   ema            1 − ema_decay
//   debiased_ema   (1 − ema_decay) / (1 − ema_decayᵗ), and 0 where ema_decay is 1
//   cumulative     1 / t                                   t: how many updates, this one included
//
// Where unbiased_running_variance is set, the variance that is kept is the unbiased one.

void BatchNorm::update_running(const BatchStatistics& batch, Index rows) {
  not_done("BatchNorm::update_running");
}
