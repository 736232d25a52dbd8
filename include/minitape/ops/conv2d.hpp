// conv2d: convolution of images (as everywhere in deep learning, really a cross-correlation).
//
//   x (N, H, W, C), kernel (kh, kw, C, F), bias (F) -> y (N, out_h, out_w, F)
//
//   y[n, i, j, f] = b[f] + Σ_{u,v,c} x[n, i·stride + u − top, j·stride + v − left, c]·k[u, v, c, f]
//
// where x is 0 outside of the image. Backward, each gradient sums over all places where its element
// occurs in the equation above:
//
//   db[f]          = Σ dy[n, i, j, f]
//   dk[u, v, c, f] = Σ x[n, i·stride + u − top, j·stride + v − left, c]·dy[n, i, j, f]
//   dx[n, h, w, c] = Σ k[u, v, c, f]·dy[n, i, j, f]    where i·stride + u − top = h, and w likewise
#pragma once

#include <optional>

#include "minitape/autodiff/tape.hpp"
#include "minitape/ops/window.hpp"

namespace minitape {

struct Conv2DOptions {  // which windows of x there are: see ops/window.hpp
  Index stride = 1;
  Padding padding = Padding::valid();
};

Tensor conv2d(const Tensor& x, const Tensor& kernel, const Tensor* bias, Conv2DOptions options);
Var conv2d(Var x, Var kernel, std::optional<Var> bias, Conv2DOptions options);

/// ∂loss/∂x for dy = ∂loss/∂y; `x_shape` is the shape of x.
Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& kernel, const Shape& x_shape,
                             Conv2DOptions options);
/// ∂loss/∂kernel for dy = ∂loss/∂y; `kernel_shape` is the shape of the kernel.
Tensor conv2d_kernel_gradient(const Tensor& dy, const Tensor& x, const Shape& kernel_shape,
                              Conv2DOptions options);

/// All sizes of one convolution.
struct ConvSizes {
  Window window;
  Index images, channels, filters;  // N, C, F

  /// Throws where x and the kernel do not fit together.
  static ConvSizes of(const Shape& x, const Shape& kernel, const Conv2DOptions& options);

  Index inputs() const { return window.size_h * window.size_w * channels; }  // kh·kw·C
  Index pixels() const { return window.out_h * window.out_w; }               // of one output image
  Shape x() const { return {images, window.image_h, window.image_w, channels}; }
  Shape y() const { return {images, window.out_h, window.out_w, filters}; }
  Shape kernel() const { return {window.size_h, window.size_w, channels, filters}; }

  /// Images in a group. The kernel's gradient is summed up in at most 16 groups, which are added in
  /// order: the same sum with any number of threads.
  Index images_per_group() const { return images <= 16 ? 1 : (images + 15) / 16; }
};

}  // namespace minitape
