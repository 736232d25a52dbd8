// Layers that normalize otherwise than the plain batch norm: for experiments that ask which part of
// it does what.
//
// The room norms/ holds what the plain layer does not need:
//
//   index_sets   ghost batches and group norm: batch norm over other sets of numbers
//   layers       this file
//
// It includes the core. config/ builds these layers where a config asks for them.
#pragma once

#include "minitape/nn/batch_norm.hpp"
#include "minitape/norms/index_sets.hpp"

namespace minitape {

/// Where the statistics come from that normalize in training.
enum class StatisticsFrom {
  batch,              // the batch, with its gradient: batch norm
  batch_as_constant,  // the batch, but the backward pass takes them for constants, which is wrong
  running,            // the running statistics, which then stay as they are
};

struct BatchNormVariation {  // what a BatchNormVariant does otherwise
  StatisticsFrom statistics = StatisticsFrom::batch;
  Index ghost_batch = 0;  // images in each ghost batch; 0 or the batch size: all
  bool noise = false;
  bool operator==(const BatchNormVariation&) const = default;
};

/// Batch norm with something changed in training. Prediction is that of batch norm.
///
/// Noise makes the distributions after batch norm unstable again, as in S. Santurkar et al., "How
/// Does Batch Normalization Help Optimization?", 2018, with constants of our own. In every step and
/// for every channel draw a mean μ from [−0.5, 0.5] and a scale σ from [1, 1.25]; for every number
/// of that channel draw m from [μ − 0.1, μ + 0.1] and s from [σ − 0.1, σ + 0.1], all uniform; then
/// y ← y·s + m.
class BatchNormVariant : public BatchNorm {
 public:
  /// Throws for ghost batches of statistics that do not come from the batch.
  BatchNormVariant(Index channels, BatchNormOptions options, BatchNormVariation variation);

  std::unique_ptr<Layer> clone() const override {
    return std::make_unique<BatchNormVariant>(*this);
  }
  Var forward(Var x, Mode mode) override;
  LayerState state() override;
  void initialize(std::uint64_t seed) override;

  const BatchNormVariation& variation() const { return variation_; }  // as given

 private:
  BatchNormResult normalized(Var x, Index parts);
  Var with_noise(Var y);

  BatchNormVariation variation_;
  std::uint64_t seed_ = 0;
  Counter noises_{"noises"};  // drawn so far
};

/// Group norm: every image by itself, in training as in prediction, without running statistics.
class GroupNorm : public Layer {
 public:
  GroupNorm(Index channels, Index groups, double epsilon = 1e-5);

  std::string type() const override { return "group_norm"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<GroupNorm>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode mode) override;
  Tensor predict(const Tensor& x) const override;
  LayerState state() override { return {.parameters = {&gamma_, &beta_}}; }
  void initialize(std::uint64_t seed) override;

 private:
  Index groups_;
  double epsilon_;
  Parameter gamma_, beta_;  // [C]
};

}  // namespace minitape
