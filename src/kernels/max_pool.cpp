// Max pools for many channels at a time, with or without a relu in front.
#include <optional>

#include "kernels/fused.hpp"
#include "kernels/pool_windows.hpp"
#include "ops/kernels.hpp"

namespace minitape::kernels {
namespace {

// The maxima, or relu of them, and, where `winners` is wanted, which pixel of its window each came
// from: its number in reading order, kept as a Real, which fills as many lanes of a vector as the
// values. No pixel has won, −1, where relu lets nothing through.
Tensor find_maxima(const Tensor& x, const Window& w, bool relu, Tensor* winners) {
  Tensor y = Tensor::uninitialized({x.shape()[0], w.out_h, w.out_w, x.channels()});
  if (winners) *winners = Tensor::uninitialized(y.shape());
  const Real* const from = x.data();
  Real *const to = y.data(), *const to_winners = winners ? winners->data() : nullptr;
  for_each_window(x.shape(), w, [=](const PooledWindow& window) {
    for_each_channel(window.channels, [=]<class V>(Index c) {
      V best = load<V>(from + window.pixel(0) + c), winner{};
      for (Index k = 1; k < window.count; ++k) {
        const V value = load<V>(from + window.pixel(k) + c);
        // A NaN counts as the largest.
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
  const bool tiles = tiles_image(w);
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

Var record(const char* operation, Var x, const Window& w, bool relu) {
  Tensor winners;  // [N, out_h, out_w, C]
  Tensor y = find_maxima(x.value(), w, relu, x.needs_gradient() ? &winners : nullptr);
  auto backward = [=, winners = std::move(winners)](const Tensor&, Tensor dy) {
    x.add_gradient(give_to_winners(dy, winners, w, x.shape()));
  };
  return x.tape().record(operation, {x}, std::move(y), std::move(backward));
}

}  // namespace

std::optional<Tensor> max_pool(const Tensor& x, const Window& window) {
  return find_maxima(x, window, false, nullptr);
}

std::optional<Var> record_max_pool(Var x, const Window& window) {
  return record("max_pool", x, window, false);
}

Tensor relu_max_pool(const Tensor& x, const Window& window) {
  return find_maxima(x, window, true, nullptr);
}

Var relu_max_pool(Var x, const Window& window) { return record("relu_max_pool", x, window, true); }

}  // namespace minitape::kernels
