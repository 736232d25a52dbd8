// Convolution as a matrix product. Equations: minitape/ops/conv2d.hpp
//
//   Y = columns·K            Y [N·out_h·out_w, F], columns [N·out_h·out_w, kh·kw·C], K [kh·kw·C, F]
//   dK = columnsᵀ·dY
//   dcolumns = dY·Kᵀ         and dx gathers from dcolumns what x was copied to
//
// The matrix as a whole would be kh·kw times the size of the image, so it only ever exists in
// pieces of some lines of output that stay in the cache.
#include <algorithm>

#include "core/blas.hpp"
#include "minitape/core/parallel.hpp"
#include "ops/conv2d_kernels.hpp"
#include "ops/im2col.hpp"
#include "ops/rows.hpp"

namespace minitape::columns {
namespace {

// Output lines in one piece of the matrix.
Index lines_in_piece(const ConvSizes& s) {
  return std::max<Index>(
      1, rows_in_product(s.inputs(), s.filters) / std::max<Index>(1, s.window.out_w));
}

// Calls piece(begin, end) for the lines begin … end − 1 in pieces of at most `grain` lines.
template <class Piece>
void for_each_piece(Index grain, Index begin, Index end, Piece piece) {
  for (Index line = begin; line < end; line += grain) piece(line, std::min(end, line + grain));
}

}  // namespace

Tensor forward(const ConvSizes& s, const Tensor& x, const Tensor& kernel, const Tensor* bias) {
  Tensor y = Tensor::uninitialized(s.y());  // [N, out_h, out_w, F]
  parallel_for(s.lines(), lines_in_piece(s), [&](Index begin, Index end) {
    const Index rows = (end - begin) * s.window.out_w;
    Tensor columns = Tensor::uninitialized({rows, s.inputs()});  // the windows of these lines
    im2col(x.data(), s.channels, s.window, begin, end, columns.data());
    gemm(matrix(columns.data(), rows, s.inputs()), matrix(kernel.data(), s.inputs(), s.filters), 0,
         y.data() + begin * s.window.out_w * s.filters, s.filters);
  });
  if (bias) add_to_rows(y, *bias);
  return y;
}

Tensor input_gradient(const ConvSizes& s, const Tensor& dy, const Tensor& kernel) {
  Tensor dx = Tensor::zeros(s.x());  // [N, H, W, C]
  const Index grain = lines_in_piece(s), out_h = s.window.out_h, out_w = s.window.out_w;
  // Windows of one image overlap, so an image belongs to one thread.
  parallel_for(s.images, 1, [&](Index image, Index) {
    Tensor dcolumns = Tensor::uninitialized({std::min(grain, out_h) * out_w, s.inputs()});
    for_each_piece(grain, image * out_h, (image + 1) * out_h, [&](Index begin, Index end) {
      // dcolumns = dY·Kᵀ, then add every window back to where it was cut from.
      const Index rows = (end - begin) * out_w;
      gemm(matrix(dy.data() + begin * out_w * s.filters, rows, s.filters),
           matrix(kernel.data(), s.inputs(), s.filters).transposed(), 0, dcolumns.data(),
           s.inputs());
      col2im(dcolumns.data(), s.channels, s.window, begin, end, dx.data());
    });
  });
  return dx;
}

Tensor kernel_gradient(const ConvSizes& s, const Tensor& dy, const Tensor& x) {
  const Index grain = lines_in_piece(s), out_h = s.window.out_h, out_w = s.window.out_w;
  const Index groups = chunk_count(s.images, s.images_per_group());
  Tensor partial = Tensor::zeros({groups, s.inputs() * s.filters});  // dK of each group
  // Each group of images adds up its own columnsᵀ·dY …
  parallel_chunks(s.images, s.images_per_group(), [&](Index group, Index first, Index last) {
    Tensor columns =
        Tensor::uninitialized({std::min(grain, (last - first) * out_h) * out_w, s.inputs()});
    for_each_piece(grain, first * out_h, last * out_h, [&](Index begin, Index end) {
      im2col(x.data(), s.channels, s.window, begin, end, columns.data());
      const Index rows = (end - begin) * out_w;
      gemm(matrix(columns.data(), rows, s.inputs()).transposed(),
           matrix(dy.data() + begin * out_w * s.filters, rows, s.filters), 1,
           partial.data() + group * s.inputs() * s.filters, s.filters);
    });
  });
  // … and the groups are added in order, the same for any number of threads.
  return sum_of_parts(partial).reshaped(s.kernel());
}

}  // namespace minitape::columns
