// Convolution as a matrix product. Equations and storage layout: minitape/ops/conv2d.hpp
//
// Of every image x[n], im2col makes a matrix with one row for each output pixel: the kh·kw·C values
// of its window, in the order of the kernel's axes (u, v, c). Then, with P = out_h·out_w,
//
//   y[n]     = columns·K            columns [P, kh·kw·C], K [kh·kw·C, F], y[n] [P, F]
//   dK       = Σₙ columnsᵀ·dy[n]
//   dcolumns = dy[n]·Kᵀ             and col2im adds each element of it to the element of dx[n] that
//                                   im2col had copied to its place
//
// One image at a time: the matrix is up to kh·kw times as large as the image.
#include "minitape/ops/conv2d.hpp"

#include <algorithm>

#include "core/blas.hpp"
#include "ops/kernels.hpp"
#include "ops/loops.hpp"

namespace minitape {

ConvSizes ConvSizes::of(const Shape& x, const Shape& kernel, const Conv2DOptions& options) {
  MINITAPE_CHECK(kernel.rank() == 4, "[conv2d] the kernel must be (kh, kw, C, F): kernel is ",
                 kernel);
  const Window w = Window::over("conv2d", x, kernel[0], kernel[1], options.stride, options.padding);
  MINITAPE_CHECK(x[3] == kernel[2], "[conv2d] input has ", x[3],
                 " channels but the kernel expects ", kernel[2], ": x is ", x, ", kernel is ",
                 kernel);
  return {.window = w, .images = x[0], .channels = x[3], .filters = kernel[3]};
}

namespace {

void check_dy(const Tensor& dy, const ConvSizes& sizes) {
  MINITAPE_CHECK(dy.shape() == sizes.y(), "[conv2d] the output has shape ", sizes.y(),
                 ", so its gradient must have it too: dy is ", dy.shape());
}

// Calls body(image offset, column offset) for every pixel of every window over one image, but for
// those in the padding. A pixel has C values.
template <class Body>
void for_each_window_pixel(const ConvSizes& s, Body body) {
  const Window& w = s.window;
  Index column = 0;
  for (Index i = 0; i < w.out_h; ++i) {
    for (Index j = 0; j < w.out_w; ++j) {
      for (Index u = 0; u < w.size_h; ++u) {
        for (Index v = 0; v < w.size_w; ++v, column += s.channels) {
          const Index y = i * w.stride + u - w.top, x = j * w.stride + v - w.left;
          if (y < 0 || y >= w.image_h || x < 0 || x >= w.image_w) continue;
          body((y * w.image_w + x) * s.channels, column);
        }
      }
    }
  }
}

// columns [P, kh·kw·C] of one image, 0 in the padding.
Tensor im2col(const ConvSizes& s, const Real* image) {
  Tensor columns = Tensor::zeros({s.pixels(), s.inputs()});
  for_each_window_pixel(
      s, [&](Index from, Index to) { std::copy_n(image + from, s.channels, columns.data() + to); });
  return columns;
}

// Adds dcolumns [P, kh·kw·C] to the gradient of one image.
void col2im(const ConvSizes& s, const Tensor& dcolumns, Real* image) {
  for_each_window_pixel(s, [&](Index to, Index from) {
    for (Index c = 0; c < s.channels; ++c) image[to + c] += dcolumns[from + c];
  });
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& kernel, const Tensor* bias, Conv2DOptions options) {
  const ConvSizes s = ConvSizes::of(x.shape(), kernel.shape(), options);
  MINITAPE_CHECK(!bias || bias->shape() == Shape{s.filters}, "[conv2d] the bias must be (",
                 s.filters, "): bias is ", bias->shape());
  if (auto y = kernels::conv2d(s, x, kernel, bias)) return *std::move(y);

  Tensor y = Tensor::uninitialized(s.y());  // [N, out_h, out_w, F]
  const Index image_size = s.x().without_batch().size();
  parallel_for(s.images, 1, [&](Index n, Index) {
    const Tensor columns = im2col(s, x.data() + n * image_size);
    gemm(matrix(columns), matrix(kernel), 0, y.data() + n * s.pixels() * s.filters, s.filters);
  });
  if (bias) add_to_rows(y, *bias);
  return y;
}

Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& kernel, const Shape& x_shape,
                             Conv2DOptions options) {
  const ConvSizes s = ConvSizes::of(x_shape, kernel.shape(), options);
  check_dy(dy, s);
  if (auto dx = kernels::conv2d_input_gradient(s, dy, kernel)) return *std::move(dx);

  Tensor dx = Tensor::zeros(s.x());  // [N, H, W, C]
  const Index image_size = s.x().without_batch().size();
  parallel_for(s.images, 1, [&](Index n, Index) {
    Tensor dcolumns = Tensor::uninitialized({s.pixels(), s.inputs()});
    gemm(matrix(dy.data() + n * s.pixels() * s.filters, s.pixels(), s.filters),
         matrix(kernel).transposed(), 0, dcolumns.data(), s.inputs());
    col2im(s, dcolumns, dx.data() + n * image_size);
  });
  return dx;
}

Tensor conv2d_kernel_gradient(const Tensor& dy, const Tensor& x, const Shape& kernel_shape,
                              Conv2DOptions options) {
  const ConvSizes s = ConvSizes::of(x.shape(), kernel_shape, options);
  check_dy(dy, s);
  if (auto dk = kernels::conv2d_kernel_gradient(s, dy, x)) return *std::move(dk);

  // Each group of images adds up its own columnsᵀ·dy[n] …
  const Index groups = chunk_count(s.images, s.images_per_group());
  const Index image_size = s.x().without_batch().size();
  Tensor partial = Tensor::zeros({groups, s.inputs() * s.filters});
  parallel_chunks(s.images, s.images_per_group(), [&](Index group, Index begin, Index end) {
    for (Index n = begin; n < end; ++n) {
      const Tensor columns = im2col(s, x.data() + n * image_size);
      gemm(matrix(columns).transposed(),
           matrix(dy.data() + n * s.pixels() * s.filters, s.pixels(), s.filters), 1,
           partial.data() + group * s.inputs() * s.filters, s.filters);
    }
  });
  // … and the groups are added in order, the same for any number of threads.
  return column_sums(partial).reshaped(s.kernel());
}

Var conv2d(Var x, Var kernel, std::optional<Var> bias, Conv2DOptions options) {
  Tensor y = conv2d(x.value(), kernel.value(), bias ? &bias->value() : nullptr, options);
  std::vector<Var> inputs{x, kernel};
  if (bias) inputs.push_back(*bias);
  return x.tape().record("conv2d", inputs, std::move(y), [=](const Tensor&, Tensor dy) {
    if (bias) bias->add_gradient(column_sums(dy));
    if (kernel.needs_gradient()) {  // not if it is frozen
      kernel.add_gradient(conv2d_kernel_gradient(dy, x.value(), kernel.shape(), options));
    }
    // The images themselves need no gradient: the first layer saves this product.
    if (x.needs_gradient()) {
      x.add_gradient(conv2d_input_gradient(dy, kernel.value(), x.shape(), options));
    }
  });
}

}  // namespace minitape
