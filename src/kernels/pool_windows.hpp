// The windows of a pool and their pixels, one by one, as offsets from a window's corner: where
// windows lie inside of the image, the same for all of them.
#pragma once

#include <algorithm>
#include <vector>

#include "minitape/core/parallel.hpp"
#include "minitape/ops/window.hpp"

namespace minitape::kernels {

/// Whether the windows lie side by side (stride = size) and cover the image without padding.
inline bool tiles_image(const Window& w) {
  return w.size_h == w.stride && w.size_w == w.stride && w.top == 0 && w.left == 0 &&
         w.out_h * w.size_h == w.image_h && w.out_w * w.size_w == w.image_w;
}

/// One window over one image, as offsets into x (N, H, W, C) and y (N, out_h, out_w, C).
struct PooledWindow {
  Index result;  // where its C channels begin in y
  Index count;   // how many of its pixels lie inside of the image
  Index channels;
  Index corner;           // where its upper left pixel begins in x, or would, in the padding
  const Index* distance;  // from there to the pixels inside of the image, in reading order

  /// Where pixel k = 0 … count − 1 begins in x.
  Index pixel(Index k) const { return corner + distance[k]; }
};

/// From a window's corner to its pixels in rows y0 … y1 − 1 and columns x0 … x1 − 1 of the window.
inline std::vector<Index> distances_in_window(const Window& w, Index channels, Index y0, Index y1,
                                              Index x0, Index x1) {
  std::vector<Index> distances;
  for (Index y = y0; y < y1; ++y) {
    for (Index x = x0; x < x1; ++x) distances.push_back((y * w.image_w + x) * channels);
  }
  return distances;
}

/// Calls body(PooledWindow) for all windows over images of shape x (N, H, W, C). All windows of an
/// image are one thread's, because they may overlap.
template <class Body>
void for_each_window(const Shape& shape, const Window& w, Body body) {
  const Index channels = shape[3];
  const std::vector<Index> whole = distances_in_window(w, channels, 0, w.size_h, 0, w.size_w);
  parallel_for(shape[0], 1, [&](Index n, Index) {
    std::vector<Index> part;  // of a window that reaches into the padding
    for (Index i = 0; i < w.out_h; ++i) {
      for (Index j = 0; j < w.out_w; ++j) {
        const Index y = i * w.stride - w.top, x = j * w.stride - w.left;  // of its corner
        const Index y0 = std::max<Index>(0, -y), y1 = std::min(w.size_h, w.image_h - y);
        const Index x0 = std::max<Index>(0, -x), x1 = std::min(w.size_w, w.image_w - x);
        const Index count = (y1 - y0) * (x1 - x0);
        const bool inside = count == w.size_h * w.size_w;
        if (!inside) part = distances_in_window(w, channels, y0, y1, x0, x1);
        body(PooledWindow{.result = ((n * w.out_h + i) * w.out_w + j) * channels,
                          .count = count,
                          .channels = channels,
                          .corner = ((n * w.image_h + y) * w.image_w + x) * channels,
                          .distance = (inside ? whole : part).data()});
      }
    }
  });
}

}  // namespace minitape::kernels
