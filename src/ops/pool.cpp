// Equations and storage layout: minitape/ops/pool.hpp
#include "minitape/ops/pool.hpp"

#include <algorithm>

#include "minitape/core/parallel.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "ops/vectors.hpp"

namespace minitape {
namespace {

// The part of window (i, j) that lies inside of the image: rows y0 … y1 − 1, columns x0 … x1 − 1.
struct Inside {
  Index y0, y1, x0, x1;
  Index count() const { return (y1 - y0) * (x1 - x0); }
};

Inside inside(const Window& w, Index i, Index j) {
  const Index y = i * w.stride - w.top, x = j * w.stride - w.left;
  return {std::max<Index>(y, 0), std::min(y + w.size_h, w.image_h), std::max<Index>(x, 0),
          std::min(x + w.size_w, w.image_w)};
}

// Calls body(image, window number n·out_h·out_w + …, part inside of the image) for all windows;
// an image belongs to one thread, because windows may overlap.
template <class Body>
void for_each_window(Index images, const Window& w, Body body) {
  parallel_for(images, 1, [&](Index n, Index) {
    for (Index i = 0; i < w.out_h; ++i) {
      for (Index j = 0; j < w.out_w; ++j) {
        body(n, (n * w.out_h + i) * w.out_w + j, inside(w, i, j));
      }
    }
  });
}

Shape output_shape(const Shape& x, const Window& w) {
  return {x[0], w.out_h, w.out_w, x[3]};
}

// Calls body(number, offset of the pixel in x) for the pixels of a window inside of image n, in
// reading order.
template <class Body>
void for_each_pixel(const Window& w, Index channels, Index n, const Inside& part, Body body) {
  Index number = 0;
  for (Index r = part.y0; r < part.y1; ++r) {
    for (Index s = part.x0; s < part.x1; ++s) {
      body(number++, ((n * w.image_h + r) * w.image_w + s) * channels);
    }
  }
}

// The maxima and, where `winners` is wanted, which pixel of its window each came from: the number
// that for_each_pixel gives it, kept as a Real, which fills as many lanes of a vector as the values.
Tensor find_maxima(const Tensor& x, const Window& w, Tensor* winners) {
  const Index channels = x.channels();
  Tensor y = Tensor::uninitialized(output_shape(x.shape(), w));
  if (winners) *winners = Tensor::uninitialized(y.shape());
  for_each_window(x.shape()[0], w, [&](Index n, Index window, const Inside& part) {
    for_each_channel(channels, [&]<class V>(Index c) {
      V best{}, winner{};
      for_each_pixel(w, channels, n, part, [&](Index number, Index offset) {
        const V value = load<V>(x.data() + offset + c);
        if (number == 0) best = value;
        // A NaN counts as the largest, so that it is not lost from sight.
        const auto larger = (value > best) | (value != value);
        best = larger ? value : best;
        winner = larger ? V{} + static_cast<Real>(number) : winner;
      });
      store(y.data() + window * channels + c, best);
      if (winners) store(winners->data() + window * channels + c, winner);
    });
  });
  return y;
}

// The reverse: every gradient goes to the pixel that has won.
Tensor give_to_winners(const Tensor& dy, const Tensor& winners, const Window& w,
                       const Shape& x_shape) {
  const Index channels = dy.channels();
  // Windows that tile the image reach every pixel once, and need no zeros to add to.
  const bool tiles = w.size_h == w.stride && w.size_w == w.stride && w.top == 0 && w.left == 0 &&
                     w.out_h * w.size_h == w.image_h && w.out_w * w.size_w == w.image_w;
  Tensor dx = tiles ? Tensor::uninitialized(x_shape) : Tensor::zeros(x_shape);  // [N, H, W, C]
  for_each_window(dy.shape()[0], w, [&](Index n, Index window, const Inside& part) {
    for_each_channel(channels, [&]<class V>(Index c) {
      const V d = load<V>(dy.data() + window * channels + c);
      const V winner = load<V>(winners.data() + window * channels + c);
      for_each_pixel(w, channels, n, part, [&](Index number, Index offset) {
        Real* const to = dx.data() + offset + c;
        const V share = winner == static_cast<Real>(number) ? d : V{};
        store<V>(to, tiles ? share : load<V>(to) + share);
      });
    });
  });
  return dx;
}

// y[window] = mean of the elements that lie inside of the image.
Tensor find_means(const Tensor& x, const Window& w) {
  const Index channels = x.channels();
  Tensor y = Tensor::zeros(output_shape(x.shape(), w));  // [N, out_h, out_w, C]
  for_each_window(x.shape()[0], w, [&](Index n, Index window, const Inside& part) {
    Real* const mean = y.data() + window * channels;
    for_each_pixel(w, channels, n, part, [&](Index, Index offset) {
      for (Index c = 0; c < channels; ++c) mean[c] += x[offset + c];
    });
    for (Index c = 0; c < channels; ++c) mean[c] /= static_cast<Real>(part.count());
  });
  return y;
}

// The reverse: every element inside of a window gets its share of the window's gradient.
Tensor spread_means(const Tensor& dy, const Window& w, const Shape& x_shape) {
  const Index channels = dy.channels();
  Tensor dx = Tensor::zeros(x_shape);  // [N, H, W, C]
  for_each_window(dy.shape()[0], w, [&](Index n, Index window, const Inside& part) {
    const Real* const d = dy.data() + window * channels;
    const Real weight = 1 / static_cast<Real>(part.count());
    for_each_pixel(w, channels, n, part, [&](Index, Index offset) {
      for (Index c = 0; c < channels; ++c) dx[offset + c] += weight * d[c];
    });
  });
  return dx;
}

// One window of the size of the image.
Window whole_image(const Shape& x) {
  MINITAPE_CHECK(x.rank() == 4, "[global_avg_pool] the input must be (N, H, W, C): x is ", x);
  return Window::over("global_avg_pool", x, x[1], x[2], 1, Padding::valid());
}

Var record_means(const char* operation, Var x, const Window& w) {
  const auto backward = [=](const Tensor&, Tensor dy) {
    x.add_gradient(spread_means(dy, w, x.shape()));
  };
  return x.tape().record(operation, {x}, find_means(x.value(), w), backward);
}

}  // namespace

Window pool_window(const std::string& operation, const Shape& x, PoolOptions options) {
  const Index stride = options.stride == 0 ? options.size : options.stride;
  const Window window =
      Window::over(operation, x, options.size, options.size, stride, options.padding);
  MINITAPE_CHECK(window.image_h >= 1 && window.image_w >= 1, "[", operation,
                 "] the image needs at least one pixel: x is ", x);
  MINITAPE_CHECK(options.padding.amount < options.size, "[", operation,
                 "] the padding must be smaller than the window: the window is ", options.size, "x",
                 options.size, ", the padding ", options.padding.amount);
  return window;
}

// ---- Maximum ----

Tensor max_pool(const Tensor& x, PoolOptions options) {
  return find_maxima(x, pool_window("max_pool", x.shape(), options), nullptr);
}

Var max_pool(Var x, PoolOptions options) {
  const Window w = pool_window("max_pool", x.shape(), options);
  Tensor winners;  // [N, out_h, out_w, C]
  Tensor y = find_maxima(x.value(), w, x.needs_gradient() ? &winners : nullptr);
  auto backward = [=, winners = std::move(winners)](const Tensor&, Tensor dy) {
    x.add_gradient(give_to_winners(dy, winners, w, x.shape()));
  };
  return x.tape().record("max_pool", {x}, std::move(y), std::move(backward));
}

// ---- Mean ----

Tensor avg_pool(const Tensor& x, PoolOptions options) {
  return find_means(x, pool_window("avg_pool", x.shape(), options));
}

Var avg_pool(Var x, PoolOptions options) {
  return record_means("avg_pool", x, pool_window("avg_pool", x.shape(), options));
}

Tensor global_avg_pool(const Tensor& x) {
  return find_means(x, whole_image(x.shape())).reshaped({x.shape()[0], x.channels()});
}

Var global_avg_pool(Var x) {
  const Var y = record_means("global_avg_pool", x, whole_image(x.shape()));
  return reshape(y, {x.shape()[0], x.value().channels()});
}

}  // namespace minitape
