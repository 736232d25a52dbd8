// PReLU: a leaky relu whose slopes are trained, one for each channel (K. He et al., "Delving Deep
// into Rectifiers", 2015). The worked example of docs/16_your_own.md; not part of the library.
//
//   x (N, C) or (N, H, W, C), slope a (C) -> y of the shape of x
//
//   y  = x where x > 0, else a·x
//   dx = dy where x > 0, else a·dy
//   da = Σ dy·x over the rows where x ≤ 0
//
// At its corner the gradient is taken as the slope. A NaN stays a NaN.
#pragma once

#include "minitape/nn/layer.hpp"

namespace minitape {

Tensor prelu(const Tensor& x, const Tensor& slope);
Var prelu(Var x, Var slope);

/// The layer: owns the slopes, which start at 0.25.
class PRelu : public Layer {
 public:
  explicit PRelu(Index channels) : slope_("slope", Role::gamma, {channels}) {}

  std::string type() const override { return "prelu"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<PRelu>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode) override { return prelu(x, x.tape().parameter(slope_)); }
  Tensor predict(const Tensor& x) const override { return prelu(x, slope_.value); }
  LayerState state() override { return {.parameters = {&slope_}}; }
  void initialize(std::uint64_t) override { slope_.value.fill(Real(0.25)); }

 private:
  Parameter slope_;  // [C]
};

}  // namespace minitape
