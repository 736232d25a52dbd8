// Convolution layer: (N, H, W, C) -> (N, out_h, out_w, filters). See ops/conv2d.hpp.
#pragma once

#include <optional>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/ops/conv2d.hpp"

namespace minitape {

class Conv2D : public Layer {
 public:
  /// `kernel` is the height and width of the window.
  Conv2D(Index channels, Index filters, Index kernel, Conv2DOptions window = {},
         KernelOptions options = {});

  std::string type() const override { return "conv2d"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Conv2D>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode mode) override;
  Tensor predict(Tensor x) const override;
  /// What relu(batch_norm.predict(predict(x))) gives, faster.
  Tensor predict_with_batch_norm_and_relu(const Tensor& x, const BatchNorm& batch_norm) const;
  LayerState state() override;
  void initialize(std::uint64_t seed) override;

  /// Gives a layer without a bias one of 0.
  void add_bias();

 private:
  Conv2DOptions window_;
  Init init_;
  Parameter kernel_;               // [kh, kw, C, filters]
  std::optional<Parameter> bias_;  // [filters]
};

}  // namespace minitape
