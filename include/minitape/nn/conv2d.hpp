// Convolution layer: (N, H, W, C) -> (N, out_h, out_w, filters). See ops/conv2d.hpp.
#pragma once

#include "minitape/nn/dense.hpp"
#include "minitape/ops/conv2d.hpp"

namespace minitape {

class Conv2D : public KernelLayer {
 public:
  /// `size` is the height and width of the window; the kernel is [size, size, channels, filters].
  Conv2D(Index channels, Index filters, Index size, Conv2DOptions window = {},
         KernelOptions options = {})
      : KernelLayer({size, size, channels, filters}, options), window_(window) {
    MINITAPE_CHECK(channels >= 1 && filters >= 1 && size >= 1,
                   "[conv2d] needs at least one channel, one filter and a 1x1 window: got ",
                   channels, ", ", filters, " and ", size);
  }

  std::string type() const override { return "conv2d"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Conv2D>(*this); }
  Shape output_shape(const Shape& input) const override {
    const Index channels = kernel().shape()[2];
    MINITAPE_CHECK(input.rank() == 3 && input[2] == channels, "[conv2d] takes images (H, W, ",
                   channels, "): the layer before gives ", input);
    return ConvSizes::of(input.with_batch(1), kernel().shape(), window_).y().without_batch();
  }
  Var forward(Var x, Mode) override {
    const Var kernel = x.tape().parameter(kernel_);
    return conv2d(x, kernel, bias_on(x.tape()), window_);
  }
  Tensor predict(const Tensor& x) const override { return conv2d(x, kernel(), bias(), window_); }
  const Conv2DOptions& window() const { return window_; }  // as given

 private:
  Conv2DOptions window_;
};

}  // namespace minitape
