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
#include "minitape/ops/pool.hpp"

namespace minitape {

enum class RunningStatistics { ema, debiased_ema, cumulative };

struct BatchNormOptions {
  double epsilon = 1e-5;   // added to the variance, inside the root
  double ema_decay = 0.9;  // in [0, 1]; 1 never leaves the initial values
  RunningStatistics running = RunningStatistics::ema;
  bool unbiased_running_variance = true;
};

class BatchNorm : public Layer {
 public:
  explicit BatchNorm(Index channels, BatchNormOptions options = {});

  std::string type() const override { return "batch_norm"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<BatchNorm>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode mode) override;
  /// relu(forward(x, Mode::training)), faster.
  Var forward_with_relu(Var x);
  /// max_pool(relu(forward(x, Mode::training)), pool), faster. Throws where the windows do not tile
  /// the images.
  Var forward_with_relu_and_max_pool(Var x, PoolOptions pool);
  Tensor predict(Tensor x) const override;
  LayerState state() override;
  void initialize(std::uint64_t seed) override;

  const BatchNormOptions& options() const { return options_; }
  /// What predict does to each channel.
  ChannelNorm running_norm() const { return {running(), gamma_.value, beta_.value, epsilon()}; }

 private:
  Real epsilon() const { return static_cast<Real>(options_.epsilon); }
  Var updated(const BatchNormResult& result, Var x);  // the result's y, after update_running
  void update_running(const Moments& batch, Index rows);
  Moments running() const { return {running_mean_.value, running_variance_.value}; }

  BatchNormOptions options_;
  Parameter gamma_, beta_;                  // [C]
  Buffer running_mean_, running_variance_;  // [C]
  Counter updates_;                         // t
};

}  // namespace minitape
