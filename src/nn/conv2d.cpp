#include "minitape/nn/conv2d.hpp"

namespace minitape {

Conv2D::Conv2D(Index channels, Index filters, Index kernel, Conv2DOptions window,
               KernelOptions options)
    : KernelLayer({kernel, kernel, channels, filters}, options), window_(window) {
  MINITAPE_CHECK(channels >= 1 && filters >= 1 && kernel >= 1,
                 "[conv2d] needs at least one channel, one filter and a 1x1 window: got ", channels,
                 ", ", filters, " and ", kernel);
}

Shape Conv2D::output_shape(const Shape& input) const {
  const Shape& shape = kernel().shape();
  MINITAPE_CHECK(input.rank() == 3 && input[2] == shape[2], "[conv2d] takes images (H, W, ",
                 shape[2], "): the layer before gives ", input);
  return ConvSizes::of(input.with_batch(1), shape, window_).y().without_batch();
}

Var Conv2D::forward(Var x, Mode) {
  const Var kernel = x.tape().parameter(kernel_);
  return conv2d(x, kernel, bias_on(x.tape()), window_);
}

Tensor Conv2D::predict(const Tensor& x) const { return conv2d(x, kernel(), bias(), window_); }

}  // namespace minitape
