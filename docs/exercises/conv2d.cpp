// Exercise: convolution as a matrix product (chapter 6).
//
// Equations: include/minitape/ops/conv2d.hpp. The plan, image by image: src/ops/conv2d.cpp says it
// in its first lines (and solves it further down). With P = out_h·out_w outputs in an image:
//
//   x (N, H, W, C) -> columns [P, kh·kw·C] of each image; kernel (kh, kw, C, F) as [kh·kw·C, F]
//   y[n] = columns·kernel [P, F] -> y (N, out_h, out_w, F)
//
// All sizes are in ConvSizes s (s.images, s.channels, s.filters, s.pixels() = P,
// s.inputs() = kh·kw·C) and in s.window, see include/minitape/ops/window.hpp (out_h, out_w, size_h,
// size_w, stride, top, left, image_h, image_w). matrix and gemm are in src/core/blas.hpp.
//
// The checks come in the order of the functions: begin at the top.

// Calls body(image offset, column offset) for every pixel of every window over one image, but for
// those in the padding. A pixel has C values, so both offsets count numbers, not pixels.
template <class Body>
void for_each_window_pixel(const ConvSizes& s, Body body) {
  not_done("for_each_window_pixel");
}

// columns [P, kh·kw·C] of one image, 0 in the padding.
Tensor im2col(const ConvSizes& s, const Real* image) { not_done("im2col"); }

// Adds dcolumns [P, kh·kw·C] to the gradient of one image.
void col2im(const ConvSizes& s, const Tensor& dcolumns, Real* image) { not_done("col2im"); }

Tensor conv2d(const Tensor& x, const Tensor& kernel, const Tensor* bias, Conv2DOptions options) {
  const ConvSizes s = ConvSizes::of(x.shape(), kernel.shape(), options);
  Tensor y = Tensor::uninitialized(s.y());                // [N, out_h, out_w, F]
  const Index image_size = s.x().without_batch().size();  // from one image to the next in x
  for (Index n = 0; n < s.images; ++n) {
    const Tensor columns = im2col(s, x.data() + n * image_size);
    // y[n] = columns·K
    not_done("conv2d");
  }
  if (bias) add_to_rows(y, *bias);
  return y;
}

Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& kernel, const Shape& x_shape,
                             Conv2DOptions options) {
  const ConvSizes s = ConvSizes::of(x_shape, kernel.shape(), options);
  // For each image: dcolumns = dy[n]·Kᵀ, then col2im into dx[n].
  not_done("conv2d_input_gradient");
}

Tensor conv2d_kernel_gradient(const Tensor& dy, const Tensor& x, const Shape& kernel_shape,
                              Conv2DOptions options) {
  const ConvSizes s = ConvSizes::of(x.shape(), kernel_shape, options);
  // dK = Σₙ columnsᵀ·dy[n]
  not_done("conv2d_kernel_gradient");
}
