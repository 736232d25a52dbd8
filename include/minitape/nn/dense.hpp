// Dense layer: (N, in) -> (N, units), y = x·W + b. See ops/dense.hpp for the equations.
#pragma once

#include <optional>

#include "minitape/nn/init.hpp"
#include "minitape/nn/layer.hpp"

namespace minitape {

struct KernelOptions {  // of any layer with a kernel
  bool bias = true;     // without effect in front of batch norm, which subtracts it with the mean
  Init init = {};
};

/// What dense and convolution layers share: a kernel and, if wanted, a bias.
class KernelLayer : public Layer {
 public:
  LayerState state() override;
  void initialize(std::uint64_t seed) override;

  const Tensor& kernel() const { return kernel_.value; }  // its last axis counts the outputs
  const Tensor* bias() const { return bias_ ? &bias_->value : nullptr; }  // [outputs] or nullptr
  /// Gives a layer without a bias one of 0.
  void add_bias();

 protected:
  KernelLayer(const Shape& kernel, KernelOptions options);  // its bias is [last extent]
  std::optional<Var> bias_on(Tape& tape);                   // recorded, if there is one

  Parameter kernel_;
  std::optional<Parameter> bias_;

 private:
  Init init_;
};

class Dense : public KernelLayer {
 public:
  /// The kernel is [inputs, units].
  Dense(Index inputs, Index units, KernelOptions options = {});

  std::string type() const override { return "dense"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Dense>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode mode) override;
  Tensor predict(const Tensor& x) const override;
};

}  // namespace minitape
