// Equations and storage layout: minitape/ops/pool.hpp
#include "minitape/ops/pool.hpp"

#include "kernels/vectors.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/fused.hpp"
#include "ops/pool_windows.hpp"

namespace minitape {
namespace {

Shape output_shape(const Shape& x, const Window& w) {
  return {x[0], w.out_h, w.out_w, x[3]};
}

// The maxima, or relu of them, and, where `winners` is wanted, which pixel of its window each came
// from: its number in reading order, kept as a Real, which fills as many lanes of a vector as the
// values. No pixel has won, −1, where relu lets nothing through.
Tensor find_maxima(const Tensor& x, const Window& w, bool relu, Tensor* winners) {
  Tensor y = Tensor::uninitialized(output_shape(x.shape(), w));
  if (winners) *winners = Tensor::uninitialized(y.shape());
  const Real* const from = x.data();
  Real *const to = y.data(), *const to_winners = winners ? winners->data() : nullptr;
  for_each_window(x.shape(), w, [=](const PooledWindow& window) {
    for_each_channel(window.channels, [=]<class V>(Index c) {
      V best = load<V>(from + window.pixel(0) + c), winner{};
      for (Index k = 1; k < window.count; ++k) {
        const V value = load<V>(from + window.pixel(k) + c);
        // A NaN counts as the largest, so that it is not lost from sight.
        const auto larger = (value > best) | (value != value);
        best = larger ? value : best;
        winner = larger ? V{} + static_cast<Real>(k) : winner;
      }
      if (relu) {
        winner = best > 0 ? winner : V{} - Real{1};
        best = best < 0 ? V{} : best;
      }
      store(to + window.result + c, best);
      if (to_winners) store(to_winners + window.result + c, winner);
    });
  });
  return y;
}

// The reverse: every gradient goes to the pixel that has won.
Tensor give_to_winners(const Tensor& dy, const Tensor& winners, const Window& w,
                       const Shape& x_shape) {
  // Windows that tile the image reach every pixel once, and need no zeros to add to.
  const bool tiles = w.tiles_image();
  Tensor dx = tiles ? Tensor::uninitialized(x_shape) : Tensor::zeros(x_shape);  // [N, H, W, C]
  const Real *const d = dy.data(), *const won = winners.data();
  Real* const to = dx.data();
  for_each_window(x_shape, w, [=](const PooledWindow& window) {
    for_each_channel(window.channels, [=]<class V>(Index c) {
      const V gradient = load<V>(d + window.result + c);
      const V winner = load<V>(won + window.result + c);
      for (Index k = 0; k < window.count; ++k) {
        Real* const pixel = to + window.pixel(k) + c;
        const V share = winner == static_cast<Real>(k) ? gradient : V{};
        store<V>(pixel, tiles ? share : load<V>(pixel) + share);
      }
    });
  });
  return dx;
}

Var record_maxima(const char* operation, Var x, PoolOptions options, bool relu) {
  const Window w = pool_window("max_pool", x.shape(), options);
  Tensor winners;  // [N, out_h, out_w, C]
  Tensor y = find_maxima(x.value(), w, relu, x.needs_gradient() ? &winners : nullptr);
  auto backward = [=, winners = std::move(winners)](const Tensor&, Tensor dy) {
    x.add_gradient(give_to_winners(dy, winners, w, x.shape()));
  };
  return x.tape().record(operation, {x}, std::move(y), std::move(backward));
}

// y[window] = mean of the elements that lie inside of the image.
Tensor find_means(const Tensor& x, const Window& w) {
  Tensor y = Tensor::zeros(output_shape(x.shape(), w));  // [N, out_h, out_w, C]
  for_each_window(x.shape(), w, [=, from = x.data(), to = y.data()](const PooledWindow& window) {
    Real* const mean = to + window.result;
    for (Index k = 0; k < window.count; ++k) {
      const Real* const pixel = from + window.pixel(k);
      for (Index c = 0; c < window.channels; ++c) mean[c] += pixel[c];
    }
    for (Index c = 0; c < window.channels; ++c) mean[c] /= static_cast<Real>(window.count);
  });
  return y;
}

// The reverse: every element inside of a window gets its share of the window's gradient.
Tensor spread_means(const Tensor& dy, const Window& w, const Shape& x_shape) {
  Tensor dx = Tensor::zeros(x_shape);  // [N, H, W, C]
  for_each_window(x_shape, w, [=, d = dy.data(), to = dx.data()](const PooledWindow& window) {
    const Real weight = 1 / static_cast<Real>(window.count);
    for (Index k = 0; k < window.count; ++k) {
      Real* const pixel = to + window.pixel(k);
      for (Index c = 0; c < window.channels; ++c) pixel[c] += weight * d[window.result + c];
    }
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
  return find_maxima(x, pool_window("max_pool", x.shape(), options), false, nullptr);
}

Var max_pool(Var x, PoolOptions options) {
  return record_maxima("max_pool", x, options, false);
}

Tensor relu_max_pool(const Tensor& x, PoolOptions options) {
  return find_maxima(x, pool_window("max_pool", x.shape(), options), true, nullptr);
}

Var relu_max_pool(Var x, PoolOptions options) {
  return record_maxima("relu_max_pool", x, options, true);
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
