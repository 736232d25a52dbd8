// Batch norm layer: the operation of ops/batch_norm.hpp, plus the running statistics.
//
// In training every batch is normalized with its own mean and variance. For inference the layer
// keeps running estimates of both. After the t-th batch (t = 1, 2, …) each estimate moves towards
// the batch's value by a weight w(t):
//
//   running += w(t)·(batch − running)
//
//   ema            w = 1 − ema_decay                     starts at mean 0, variance 1: they fade
//   debiased_ema   w = (1 − ema_decay) / (1 − ema_decayᵗ)  the same, without the start's share
//   cumulative     w = 1 / t                             the plain average of all batches
//
// ema_decay is the weight of the OLD value: 0.9 is what PyTorch calls momentum 0.1 and Keras
// momentum 0.9. The batch's variance is stored times m / (m − 1), unbiased, unless told otherwise:
// a sample's variance is on average too small by that factor.
#pragma once

#include "minitape/nn/layer.hpp"
#include "minitape/ops/batch_norm.hpp"

namespace minitape {

enum class RunningStatistics { ema, debiased_ema, cumulative };

struct BatchNormOptions {  // defaults as PyTorch has them
  double epsilon = 1e-5;   // added to the variance, inside the root
  double ema_decay = 0.9;  // in [0, 1]; 1 never leaves the initial values
  RunningStatistics running = RunningStatistics::ema;
  bool unbiased_running_variance = true;
};

class BatchNorm : public Layer {
 public:
  explicit BatchNorm(Index channels, BatchNormOptions options = {});  // throws if out of range

  std::string type() const override { return "batch_norm"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<BatchNorm>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode mode) override;
  Tensor predict(const Tensor& x) const override;
  LayerState state() override { return {{&gamma_, &beta_}, {&mean_, &variance_}, {&updates_}}; }
  void initialize(std::uint64_t seed) override;

  const BatchNormOptions& options() const { return options_; }  // as given
  const Tensor& gamma() const { return gamma_.value; }          // [C]
  const Tensor& beta() const { return beta_.value; }            // [C]
  BatchStatistics running() const { return {mean_.value, variance_.value}; }
  /// Moves the running statistics towards those of a batch with `rows` values per channel.
  void update_running(const BatchStatistics& batch, Index rows);

 protected:  // for norms/, which computes the same with other sets of numbers
  BatchNormOptions options_;
  Parameter gamma_, beta_;  // [C]
  Buffer mean_, variance_;  // [C], running
  Counter updates_;         // t
};

}  // namespace minitape
