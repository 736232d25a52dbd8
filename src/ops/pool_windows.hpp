// The windows of a pool and their pixels, one by one. Private to the operations.
#pragma once

#include <algorithm>
#include <vector>

#include "minitape/core/parallel.hpp"
#include "minitape/ops/window.hpp"

namespace minitape {

/// One window over one image, as offsets into x (N, H, W, C) and y (N, out_h, out_w, C).
struct PooledWindow {
  Index result;         // where its C channels begin in y
  Index corner;         // where its upper left pixel begins in x, or would, in the padding
  const Index* pixels;  // from the corner to the pixels inside of the image, in reading order
  Index count;          // how many these are
  Index channels;
};

/// From the upper left pixel of a window to its pixels in rows y0 … y1 − 1, columns x0 … x1 − 1.
inline std::vector<Index> pixels_of_window(const Window& w, Index channels, Index y0, Index y1,
                                           Index x0, Index x1) {
  std::vector<Index> pixels;
  for (Index y = y0; y < y1; ++y) {
    for (Index x = x0; x < x1; ++x) pixels.push_back((y * w.image_w + x) * channels);
  }
  return pixels;
}

/// Calls body(PooledWindow) for all windows over images of shape x (N, H, W, C). All windows of an
/// image are one thread's, because they may overlap.
template <class Body>
void for_each_window(const Shape& x, const Window& w, Body body) {
  const Index channels = x[3];
  const std::vector<Index> whole = pixels_of_window(w, channels, 0, w.size_h, 0, w.size_w);
  parallel_for(x[0], 1, [&](Index n, Index) {
    std::vector<Index> part;  // of a window that reaches into the padding
    for (Index i = 0; i < w.out_h; ++i) {
      for (Index j = 0; j < w.out_w; ++j) {
        const Index top = i * w.stride - w.top, left = j * w.stride - w.left;
        const Index y0 = std::max<Index>(0, -top), y1 = std::min(w.size_h, w.image_h - top);
        const Index x0 = std::max<Index>(0, -left), x1 = std::min(w.size_w, w.image_w - left);
        const Index result = ((n * w.out_h + i) * w.out_w + j) * channels;
        const Index corner = ((n * w.image_h + top) * w.image_w + left) * channels;
        const Index count = (y1 - y0) * (x1 - x0);
        const bool inside = count == w.size_h * w.size_w;
        if (!inside) part = pixels_of_window(w, channels, y0, y1, x0, x1);
        body(PooledWindow{result, corner, (inside ? whole : part).data(), count, channels});
      }
    }
  });
}

}  // namespace minitape
