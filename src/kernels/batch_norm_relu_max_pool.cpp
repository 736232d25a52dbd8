// Batch norm, relu and a max pool whose windows lie side by side: after the statistics, one pass
// over the large image each way.
//
//   y  = max(0, largest u of the window)        u = (x − mean)·scale + beta,  scale = gamma·inv_std
//   du = dy for the pixel that was the largest, if its u > 0; else 0
//   dbeta = Σ du        dgamma = Σ du·x_hat     dx = scale·(du − dbeta/m − x_hat·dgamma/m)
//
// The result is that of max_pool(relu(batch_norm_training(…))), with sums that are grouped
// otherwise. What it saves is memory traffic: after a 2×2 pool there is a quarter of the numbers,
// and all pixels that were not the largest have du = 0. So u is never written, and the sums go over
// the windows alone, for which forward keeps what they need. How much that buys:
// docs/performance.md.
#include "kernels/fused.hpp"
#include "kernels/pool_windows.hpp"

namespace minitape::kernels {
namespace {

// What backward needs to know of every window, [N, out_h, out_w, C] each.
struct Winners {
  // Number of the pixel with the largest u, in reading order; −1 where that is not positive. A Real
  // fills as many lanes of a vector as the values.
  Tensor pixel;
  Tensor centred;  // its x − mean
};

// ---- Forward ----

Tensor forward(const Tensor& x, const ChannelNorm& norm, const Window& w, Winners& winners) {
  Tensor y = Tensor::uninitialized({x.shape()[0], w.out_h, w.out_w, x.channels()});
  winners = {Tensor::uninitialized(y.shape()), Tensor::uninitialized(y.shape())};
  const Normalization at(x, norm);
  Real *const to = y.data(), *const to_pixel = winners.pixel.data();
  Real* const to_centred = winners.centred.data();
  for_each_window(x.shape(), w, [=](const PooledWindow& window) {
    for_each_channel(window.channels, [=]<class V>(Index c) {
      const Index first = window.pixel(0) + c, result = window.result + c;
      V best = at.u<V>(first, c), centred = at.centred<V>(first, c), pixel{};
      for (Index k = 1; k < window.count; ++k) {
        const Index i = window.pixel(k) + c;
        const V u = at.u<V>(i, c);
        const auto larger = (u > best) | (u != u);  // a NaN counts as the largest
        best = larger ? u : best;
        centred = larger ? at.centred<V>(i, c) : centred;
        pixel = larger ? V{} + static_cast<Real>(k) : pixel;
      }
      store<V>(to + result, best < 0 ? V{} : best);
      store<V>(to_pixel + result, best > 0 ? pixel : V{} - Real{1});
      store<V>(to_centred + result, centred);
    });
  });
  return y;
}

// ---- Backward ----

// Σ du·(x − mean) and Σ du, [C] each.
std::array<Tensor, 2> sums(const Tensor& dy, const Winners& winners) {
  const auto du = [d = dy.data(), pixel = winners.pixel.data()]<class V>(Index i, Index) {
    return load<V>(pixel + i) >= 0 ? load<V>(d + i) : V{};
  };
  const auto du_times_centred = [=, centred = winners.centred.data()]<class V>(Index i, Index c) {
    return du.template operator()<V>(i, c) * load<V>(centred + i);
  };
  return sums_over_rows(dy.rows(), dy.channels(), du_times_centred, du);
}

// dx = scale·(du − shift − (x − mean)·slope), [N, H, W, C].
Tensor input_gradient(const Tensor& dy, const Tensor& x, const ChannelNorm& norm,
                      const InputGradient& terms, const Window& w, const Winners& winners) {
  Tensor dx = Tensor::uninitialized(x.shape());
  const Normalization at(x, norm);
  const Real *const d = dy.data(), *const winner = winners.pixel.data();
  const Real *const shift = terms.shift.data(), *const slope = terms.slope.data();
  Real* const to = dx.data();
  for_each_window(x.shape(), w, [=](const PooledWindow& window) {
    for_each_channel(window.channels, [=]<class V>(Index c) {
      const Index result = window.result + c;
      const V gradient = load<V>(d + result), pixel = load<V>(winner + result);
      for (Index k = 0; k < window.count; ++k) {
        const Index i = window.pixel(k) + c;
        const V du = pixel == static_cast<Real>(k) ? gradient : V{};
        const V x_part = at.centred<V>(i, c) * load<V>(slope + c);
        store<V>(to + i, load<V>(at.scale + c) * (du - load<V>(shift + c) - x_part));
      }
    });
  });
  return dx;
}

}  // namespace

BatchNormResult batch_norm_relu_max_pool(Var x, Var gamma, Var beta, Real epsilon,
                                         const Window& w) {
  BatchStatistics batch = minitape::batch_statistics(x.value());
  const ChannelNorm norm(batch, gamma.value(), beta.value(), epsilon);
  Winners winners;
  Tensor y = forward(x.value(), norm, w, winners);

  auto backward = [=, winners = std::move(winners)](const Tensor&, const Tensor& dy) {
    AffineGradients gradients = affine_gradients(sums(dy, winners), norm.inv_std);
    if (x.needs_gradient()) {
      const InputGradient terms(gradients, norm, x.value().rows());
      x.add_gradient(input_gradient(dy, x.value(), norm, terms, w, winners));
    }
    gamma.add_gradient(std::move(gradients.dgamma));
    beta.add_gradient(std::move(gradients.dbeta));
  };
  return {x.tape().record("batch_norm_relu_max_pool", {x, gamma, beta}, std::move(y),
                          std::move(backward)),
          std::move(batch)};
}

}  // namespace minitape::kernels
