// Convolution layer: (N, H, W, C) -> (N, out_h, out_w, filters). See ops/conv2d.hpp.
#pragma once

#include "minitape/nn/dense.hpp"
#include "minitape/ops/conv2d.hpp"

namespace minitape {

class Conv2D : public KernelLayer {
 public:
  /// `kernel` is the height and width of the window; the layer's kernel is [kh, kw, C, filters].
  Conv2D(Index channels, Index filters, Index kernel, Conv2DOptions window = {},
         KernelOptions options = {});

  std::string type() const override { return "conv2d"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Conv2D>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode mode) override;
  Tensor predict(const Tensor& x) const override;
  const Conv2DOptions& window() const { return window_; }

 private:
  Conv2DOptions window_;
};

}  // namespace minitape
