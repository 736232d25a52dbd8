// The sizes of one convolution, and the two ways to compute it. Private to conv2d.
//
// `columns` copies the windows into a matrix and leaves the work to the matrix product: the plain
// version, for every kernel, stride and number of channels, and the reference that the tests hold
// the other one against. `direct` goes over the image itself and is faster where it applies.
#pragma once

#include <algorithm>

#include "minitape/ops/batch_norm.hpp"
#include "minitape/ops/conv2d.hpp"

namespace minitape {

struct ConvSizes {
  Window window;
  Index images, channels, filters;

  /// Throws where x and the kernel do not fit together.
  static ConvSizes of(const Shape& x, const Shape& kernel, const Conv2DOptions& options);

  Index run() const { return window.size_w * channels; }  // of one line of a window
  Index inputs() const { return window.size_h * run(); }  // elements in a window: kh·kw·C
  Index lines() const { return images * window.out_h; }   // of output, in all images
  Shape x() const { return {images, window.image_h, window.image_w, channels}; }
  Shape y() const { return {images, window.out_h, window.out_w, filters}; }
  Shape kernel() const { return {window.size_h, window.size_w, channels, filters}; }

  /// The kernel's gradient is summed up by groups of images, at most 16 of them: images in a group.
  Index images_per_group() const { return std::max<Index>(1, (images + 15) / 16); }
};

namespace columns {
Tensor forward(const ConvSizes& sizes, const Tensor& x, const Tensor& kernel, const Tensor* bias);
Tensor input_gradient(const ConvSizes& sizes, const Tensor& dy, const Tensor& kernel);
Tensor kernel_gradient(const ConvSizes& sizes, const Tensor& dy, const Tensor& x);
}  // namespace columns

namespace direct {
/// Whether the functions below can be used: filters must fill vectors of the processor.
bool forward_applies(const ConvSizes& sizes);
bool input_gradient_applies(const ConvSizes& sizes);
Tensor forward(const ConvSizes& sizes, const Tensor& x, const Tensor& kernel, const Tensor* bias);
Tensor forward_batch_norm_relu(const ConvSizes& sizes, const Tensor& x, const Tensor& kernel,
                               const Tensor* bias, const ChannelNorm& norm);
Tensor input_gradient(const ConvSizes& sizes, const Tensor& dy, const Tensor& kernel);
Tensor kernel_gradient(const ConvSizes& sizes, const Tensor& dy, const Tensor& x);
}  // namespace direct

}  // namespace minitape
