#include "ops/im2col.hpp"

#include <algorithm>

namespace minitape {
namespace {

// Calls part(offset in x, offset in columns, count) for every run of window elements that lies in
// one image line, and gap(offset in columns, count) for every run that lies outside of the image.
template <class Part, class Gap>
void for_each_run(Index channels, const Window& w, Index begin, Index end, Part part, Gap gap) {
  const Index run = w.size_w * channels;  // one window's width
  Index column = 0;                       // position in the matrix
  for (Index line = begin; line < end; ++line) {
    const Index image = line / w.out_h;
    const Index y0 = line % w.out_h * w.stride - w.top;
    for (Index j = 0; j < w.out_w; ++j) {
      const Index x0 = j * w.stride - w.left;
      // The window's columns that lie inside of the image: v from first to last.
      const Index first = std::clamp<Index>(-x0, 0, w.size_w);
      const Index last = std::clamp<Index>(w.image_w - x0, first, w.size_w);
      for (Index u = 0; u < w.size_h; ++u, column += run) {
        const Index y = y0 + u;
        if (y < 0 || y >= w.image_h || first == last) {
          gap(column, run);
          continue;
        }
        const Index source = ((image * w.image_h + y) * w.image_w + x0 + first) * channels;
        gap(column, first * channels);
        part(source, column + first * channels, (last - first) * channels);
        gap(column + last * channels, (w.size_w - last) * channels);
      }
    }
  }
}

}  // namespace

void im2col(const Real* x, Index channels, const Window& window, Index begin, Index end,
            Real* columns) {
  for_each_run(
      channels, window, begin, end,
      [&](Index from, Index to, Index count) { std::copy_n(x + from, count, columns + to); },
      [&](Index to, Index count) { std::fill_n(columns + to, count, Real{0}); });
}

void col2im(const Real* columns, Index channels, const Window& window, Index begin, Index end,
            Real* dx) {
  for_each_run(
      channels, window, begin, end,
      [&](Index to, Index from, Index count) {
        for (Index i = 0; i < count; ++i) dx[to + i] += columns[from + i];
      },
      [](Index, Index) {});
}

}  // namespace minitape
