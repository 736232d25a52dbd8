// Convolution by the seven loops of its equation (minitape/ops/conv2d.hpp): the reference that both
// the matrix product and the kernels room are held against. Too slow for anything else.
#pragma once

#include "minitape/ops/conv2d.hpp"

namespace minitape {

/// Calls body(x, k, y) for every product of the equation: the positions of its x, its kernel weight
/// and its y in their tensors. The equation and its gradients are then one line each:
///
///   y[y] += x[x]·k[k]        dk[k] += x[x]·dy[y]        dx[x] += k[k]·dy[y]
template <class Body>
void for_each_product(const ConvSizes& s, Body body) {
  const Window& w = s.window;
  for (Index n = 0; n < s.images; ++n) {
    for (Index i = 0; i < w.out_h; ++i) {
      for (Index j = 0; j < w.out_w; ++j) {
        for (Index u = 0; u < w.size_h; ++u) {
          for (Index v = 0; v < w.size_w; ++v) {
            const Index row = i * w.stride + u - w.top, column = j * w.stride + v - w.left;
            // x is 0 outside of the image.
            if (row < 0 || row >= w.image_h || column < 0 || column >= w.image_w) continue;
            for (Index c = 0; c < s.channels; ++c) {
              for (Index f = 0; f < s.filters; ++f) {
                body(((n * w.image_h + row) * w.image_w + column) * s.channels + c,
                     ((u * w.size_w + v) * s.channels + c) * s.filters + f,
                     ((n * w.out_h + i) * w.out_w + j) * s.filters + f);
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace minitape
