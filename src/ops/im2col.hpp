// im2col and col2im: between images and the matrix of their windows. Private to conv2d.
//
// One row of the matrix per output pixel: the kh·kw·C values of its window, kernel axes (u, v, c)
// in this order. In NHWC the part of a window that lies in one line of the image is contiguous, so
// a row is kh copies of up to kw·C values.
//
// A line number counts the output lines of all images of a batch: line = n·out_h + i.
#pragma once

#include "minitape/ops/window.hpp"

namespace minitape {

/// columns [(end − begin)·out_w, kh·kw·C] = the windows of output lines begin … end − 1 of x
/// (N, H, W, C); 0 where a window hangs over the edge.
void im2col(const Real* x, Index channels, const Window& window, Index begin, Index end,
            Real* columns);

/// The reverse, for gradients: adds every element of `columns` to the element of dx (N, H, W, C)
/// that im2col would have copied it from. Lines of one image touch the same elements of dx, so an
/// image must be handled by one thread.
void col2im(const Real* columns, Index channels, const Window& window, Index begin, Index end,
            Real* dx);

}  // namespace minitape
