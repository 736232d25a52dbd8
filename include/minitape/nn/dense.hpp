// Dense layer: (N, in) -> (N, units), y = x·W + b. See ops/dense.hpp for the equations.
#pragma once

#include <optional>

#include "minitape/nn/init.hpp"
#include "minitape/nn/layer.hpp"

namespace minitape {

/// What dense and convolution layers share. A bias in front of batch norm has no effect, because
/// the mean is subtracted again: turn it off there.
struct KernelOptions {
  bool bias = true;
  Init init = {};
};

/// A bias of 0 for each output channel of a kernel, the last axis; named like the kernel:
/// "0.dense.bias" beside "0.dense.kernel".
Parameter bias_beside(const Parameter& kernel);

class Dense : public Layer {
 public:
  Dense(Index inputs, Index units, KernelOptions options = {});

  std::string type() const override { return "dense"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Dense>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode mode) override;
  Tensor predict(Tensor x) const override;
  LayerState state() override;
  void initialize(std::uint64_t seed) override;

  /// Gives a layer without a bias one of 0.
  void add_bias();

 private:
  Init init_;
  Parameter kernel_;               // [in, units]
  std::optional<Parameter> bias_;  // [units]
};

}  // namespace minitape
