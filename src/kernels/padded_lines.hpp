// Images with their padding around them, a few lines at a time. Private to the direct convolution.
#pragma once

#include <algorithm>
#include <vector>

#include "minitape/ops/conv2d.hpp"

namespace minitape::kernels {

/// Lines of an image with the padding around them: what the windows of some output lines look at.
struct PaddedLines {
  Index line;                 // length of one: as far as the windows reach, times C
  Index lines;                // of one image: stride·(output lines − 1) + kh
  Tensor values;              // [images·lines, line]
  std::vector<Index> starts;  // where the window of each output pixel begins in values

  PaddedLines(const ConvSizes& s, Index output_lines, Index images = 1)
      : line((s.window.stride * (s.window.out_w - 1) + s.window.size_w) * s.channels),
        lines(s.window.stride * (output_lines - 1) + s.window.size_h),
        values(Tensor::uninitialized({images * lines, line})) {
    const Window& w = s.window;
    for (Index n = 0; n < images; ++n) {
      for (Index i = 0; i < output_lines; ++i) {
        for (Index j = 0; j < w.out_w; ++j) {
          starts.push_back((n * lines + i * w.stride) * line + j * w.stride * s.channels);
        }
      }
    }
  }

  /// Copies what output lines `first`, `first` + 1, … look at from image n of x to place `at`.
  void fill(const ConvSizes& s, const Tensor& x, Index n, Index first, Index at = 0) {
    const Window& w = s.window;
    const Index y0 = first * w.stride - w.top;
    // Padding, pixels, padding. With w.left < 0 (the gradient of an input whose padding is as wide
    // as the kernel or wider) the first pixels are left out. A stride may leave out the last.
    const Index image_line = w.image_w * s.channels;
    const Index before = std::clamp<Index>(w.left * s.channels, 0, line);
    const Index skipped = std::max<Index>(0, -w.left * s.channels);
    const Index inside = std::clamp<Index>(image_line - skipped, 0, line - before);
    for (Index r = 0; r < lines; ++r) {
      Real* const to = values.data() + (at * lines + r) * line;
      const Index y = y0 + r;
      if (y < 0 || y >= w.image_h) {
        std::fill_n(to, line, Real{0});
        continue;
      }
      std::fill_n(to, before, Real{0});
      std::copy_n(x.data() + (n * w.image_h + y) * image_line + skipped, inside, to + before);
      std::fill(to + before + inside, to + line, Real{0});
    }
  }
};

}  // namespace minitape::kernels
