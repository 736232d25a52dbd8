// Equations and storage layout: minitape/ops/conv2d.hpp
#include "minitape/ops/conv2d.hpp"

#include <algorithm>

#include "core/blas.hpp"
#include "minitape/core/parallel.hpp"
#include "ops/im2col.hpp"
#include "ops/rows.hpp"

namespace minitape {
namespace {

// The sizes of one convolution.
struct Geometry {
  Window window;
  Index images, channels, filters;
  Index lines;   // of output, in all images: N·out_h
  Index inputs;  // kh·kw·C: elements in a window
  Index grain;   // output lines in one piece of the matrix of windows

  Shape output() const { return {images, window.out_h, window.out_w, filters}; }
};

Geometry geometry(const Shape& x, const Shape& kernel, const Conv2DOptions& options) {
  MINITAPE_CHECK(kernel.rank() == 4, "[conv2d] the kernel must be (kh, kw, C, F): kernel is ",
                 kernel);
  const Window window =
      Window::over("conv2d", x, kernel[0], kernel[1], options.stride, options.padding);
  MINITAPE_CHECK(x[3] == kernel[2], "[conv2d] input has ", x[3],
                 " channels but the kernel expects ", kernel[2], ": x is ", x, ", kernel is ",
                 kernel);
  Geometry g{.window = window, .images = x[0], .channels = x[3], .filters = kernel[3]};
  g.lines = g.images * window.out_h;
  g.inputs = kernel[0] * kernel[1] * kernel[2];
  // A piece of about 10⁶ multiplications stays in the cache and is fast: OpenBLAS multiplies small
  // matrices as they lie. Where that would be fewer than 8 rows, a piece has 256, because OpenBLAS
  // then rearranges both factors first, which only many rows pay back.
  const Index few = 1'000'000 / std::max<Index>(1, g.inputs * g.filters);
  g.grain = std::max<Index>(1, (few >= 8 ? few : 256) / std::max<Index>(1, window.out_w));
  return g;
}

// The kernel's gradient is summed up by groups of images, at most 16 of them: images in a group.
Index images_per_group(Index images) {
  return std::max<Index>(1, (images + 15) / 16);
}

void check_dy(const Tensor& dy, const Geometry& g) {
  MINITAPE_CHECK(dy.shape() == g.output(), "[conv2d] the output has shape ", g.output(),
                 ", so its gradient must have it too: dy is ", dy.shape());
}

// Calls piece(begin, end) for the lines begin … end − 1 in pieces of at most g.grain lines.
template <class Piece>
void for_each_piece(const Geometry& g, Index begin, Index end, Piece piece) {
  for (Index line = begin; line < end; line += g.grain) piece(line, std::min(end, line + g.grain));
}

}  // namespace

// ---- Forward ----

Tensor conv2d(const Tensor& x, const Tensor& kernel, const Tensor* bias, Conv2DOptions options) {
  const Geometry g = geometry(x.shape(), kernel.shape(), options);
  MINITAPE_CHECK(!bias || bias->shape() == Shape{g.filters}, "[conv2d] the bias must be (",
                 g.filters, "): bias is ", bias->shape());
  Tensor y = Tensor::uninitialized(g.output());  // [N, out_h, out_w, F]
  parallel_for(g.lines, g.grain, [&](Index begin, Index end) {
    const Index rows = (end - begin) * g.window.out_w;
    Tensor columns = Tensor::uninitialized({rows, g.inputs});  // the windows of these lines
    im2col(x.data(), g.channels, g.window, begin, end, columns.data());
    gemm(matrix(columns.data(), rows, g.inputs), matrix(kernel.data(), g.inputs, g.filters), 0,
         y.data() + begin * g.window.out_w * g.filters, g.filters);
  });
  if (bias) add_to_rows(y, *bias);
  return y;
}

// ---- Backward ----

Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& kernel, const Shape& x_shape,
                             Conv2DOptions options) {
  const Geometry g = geometry(x_shape, kernel.shape(), options);
  check_dy(dy, g);
  Tensor dx = Tensor::zeros(x_shape);  // [N, H, W, C]
  // Windows of one image overlap, so an image belongs to one thread.
  parallel_for(g.images, 1, [&](Index image, Index) {
    const Index out_h = g.window.out_h, out_w = g.window.out_w;
    Tensor dcolumns = Tensor::uninitialized({std::min(g.grain, out_h) * out_w, g.inputs});
    for_each_piece(g, image * out_h, (image + 1) * out_h, [&](Index begin, Index end) {
      // dcolumns = dY·Kᵀ, then add every window back to where it was cut from.
      const Index rows = (end - begin) * out_w;
      gemm(matrix(dy.data() + begin * out_w * g.filters, rows, g.filters),
           matrix(kernel.data(), g.inputs, g.filters).transposed(), 0, dcolumns.data(), g.inputs);
      col2im(dcolumns.data(), g.channels, g.window, begin, end, dx.data());
    });
  });
  return dx;
}

Tensor conv2d_kernel_gradient(const Tensor& dy, const Tensor& x, const Shape& kernel_shape,
                              Conv2DOptions options) {
  const Geometry g = geometry(x.shape(), kernel_shape, options);
  check_dy(dy, g);
  const Index grain = images_per_group(g.images);
  Tensor partial = Tensor::zeros({chunk_count(g.images, grain), g.inputs * g.filters});  // dK each
  // Each group of images adds up its own columnsᵀ·dY …
  parallel_chunks(g.images, grain, [&](Index group, Index first, Index last) {
    const Index out_h = g.window.out_h, out_w = g.window.out_w;
    Tensor columns = Tensor::uninitialized({g.grain * out_w, g.inputs});
    for_each_piece(g, first * out_h, last * out_h, [&](Index begin, Index end) {
      im2col(x.data(), g.channels, g.window, begin, end, columns.data());
      const Index rows = (end - begin) * out_w;
      gemm(matrix(columns.data(), rows, g.inputs).transposed(),
           matrix(dy.data() + begin * out_w * g.filters, rows, g.filters), 1,
           partial.data() + group * g.inputs * g.filters, g.filters);
    });
  });
  // … and the groups are added in order, the same for any number of threads.
  return column_sums(partial).reshaped(kernel_shape);
}

Var conv2d(Var x, Var kernel, std::optional<Var> bias, Conv2DOptions options) {
  Tensor y = conv2d(x.value(), kernel.value(), bias ? &bias->value() : nullptr, options);
  std::vector<Var> inputs{x, kernel};
  if (bias) inputs.push_back(*bias);
  return x.tape().record("conv2d", inputs, std::move(y), [=](const Tensor&, Tensor dy) {
    if (bias) bias->add_gradient(column_sums(dy));
    kernel.add_gradient(conv2d_kernel_gradient(dy, x.value(), kernel.shape(), options));
    // The images themselves need no gradient: the first layer saves this product.
    if (x.needs_gradient()) {
      x.add_gradient(conv2d_input_gradient(dy, kernel.value(), x.shape(), options));
    }
  });
}

}  // namespace minitape
