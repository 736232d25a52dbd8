// Equations and storage layout: minitape/ops/pool.hpp
#include "minitape/ops/pool.hpp"

#include <algorithm>
#include <cmath>

#include "minitape/core/parallel.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "ops/kernels.hpp"

namespace minitape {
namespace {

// Calls body(result, pixels) for every window over images of that shape: `result` is where the C
// channels of its output begin in y, `pixels` where those of its pixels begin in x, in reading
// order, without the padding. Windows may overlap, so an image belongs to one thread.
template <class Body>
void for_each_window(const Shape& shape, const Window& w, Body body) {
  const Index channels = shape[3];
  parallel_for(shape[0], 1, [&](Index n, Index) {
    std::vector<Index> pixels;
    Index result = n * w.out_h * w.out_w * channels;
    for (Index i = 0; i < w.out_h; ++i) {
      for (Index j = 0; j < w.out_w; ++j, result += channels) {
        const Index top = i * w.stride - w.top, left = j * w.stride - w.left;
        pixels.clear();
        for (Index y = std::max<Index>(0, top); y < std::min(w.image_h, top + w.size_h); ++y) {
          for (Index x = std::max<Index>(0, left); x < std::min(w.image_w, left + w.size_w); ++x) {
            pixels.push_back(((n * w.image_h + y) * w.image_w + x) * channels);
          }
        }
        body(result, pixels);
      }
    }
  });
}

Shape output_shape(const Shape& x, const Window& w) { return {x[0], w.out_h, w.out_w, x[3]}; }

struct Maxima {
  Tensor y;                    // [N, out_h, out_w, C]
  std::vector<Index> winners;  // for every element of y, where in x it came from
};

Maxima find_maxima(const Tensor& x, const Window& w) {
  Maxima maxima{.y = Tensor::uninitialized(output_shape(x.shape(), w))};
  maxima.winners.resize(static_cast<std::size_t>(maxima.y.size()));
  for_each_window(x.shape(), w, [&](Index result, const std::vector<Index>& pixels) {
    for (Index c = 0; c < x.channels(); ++c) {
      Index winner = pixels[0] + c;
      for (const Index pixel : pixels) {
        const Real value = x[pixel + c];
        if (value > x[winner] || std::isnan(value)) winner = pixel + c;
      }
      maxima.y[result + c] = x[winner];
      maxima.winners[static_cast<std::size_t>(result + c)] = winner;
    }
  });
  return maxima;
}

Tensor find_means(const Tensor& x, const Window& w) {
  Tensor y = Tensor::zeros(output_shape(x.shape(), w));  // [N, out_h, out_w, C]
  for_each_window(x.shape(), w, [&](Index result, const std::vector<Index>& pixels) {
    for (const Index pixel : pixels) {
      for (Index c = 0; c < x.channels(); ++c) y[result + c] += x[pixel + c];
    }
    const auto count = static_cast<Real>(pixels.size());
    for (Index c = 0; c < x.channels(); ++c) y[result + c] /= count;
  });
  return y;
}

Var record_means(const char* operation, Var x, const Window& w) {
  const auto backward = [=](const Tensor&, Tensor dy) {
    Tensor dx = Tensor::zeros(x.shape());  // [N, H, W, C]
    for_each_window(x.shape(), w, [&](Index result, const std::vector<Index>& pixels) {
      const Real weight = 1 / static_cast<Real>(pixels.size());
      for (const Index pixel : pixels) {
        for (Index c = 0; c < dx.channels(); ++c) dx[pixel + c] += weight * dy[result + c];
      }
    });
    x.add_gradient(std::move(dx));
  };
  return x.tape().record(operation, {x}, find_means(x.value(), w), backward);
}

// One window of the size of the image.
Window whole_image(const Shape& x) {
  MINITAPE_CHECK(x.rank() == 4, "[global_avg_pool] the input must be (N, H, W, C): x is ", x);
  return Window::over("global_avg_pool", x, x[1], x[2], 1, Padding::valid());
}

}  // namespace

Window pool_window(const std::string& operation, const Shape& x, PoolOptions options) {
  const Index stride = options.stride == 0 ? options.size : options.stride;
  const Window w = Window::over(operation, x, options.size, options.size, stride, options.padding);
  MINITAPE_CHECK(w.image_h >= 1 && w.image_w >= 1, "[", operation,
                 "] the image needs at least one pixel: x is ", x);
  MINITAPE_CHECK(options.padding.amount < options.size, "[", operation,
                 "] the padding must be smaller than the window: the window is ", options.size, "x",
                 options.size, ", the padding ", options.padding.amount);
  return w;
}

Tensor max_pool(const Tensor& x, PoolOptions options) {
  const Window w = pool_window("max_pool", x.shape(), options);
  if (auto y = kernels::max_pool(x, w)) return *std::move(y);
  return find_maxima(x, w).y;
}

Var max_pool(Var x, PoolOptions options) {
  const Window w = pool_window("max_pool", x.shape(), options);
  if (auto y = kernels::record_max_pool(x, w)) return *y;
  Maxima maxima = find_maxima(x.value(), w);
  auto backward = [x, winners = std::move(maxima.winners)](const Tensor&, Tensor dy) {
    Tensor dx = Tensor::zeros(x.shape());  // [N, H, W, C]
    for (Index i = 0; i < dy.size(); ++i) dx[winners[static_cast<std::size_t>(i)]] += dy[i];
    x.add_gradient(std::move(dx));
  };
  return x.tape().record("max_pool", {x}, std::move(maxima.y), std::move(backward));
}

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
