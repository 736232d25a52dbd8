// Batch norm with a relu after it, in one pass over memory forward and two backward.
//
//   y  = max(0, u)      u = (x − mean)·scale + beta,  scale = gamma·inv_std
//   du = dy where u > 0, else 0
//   dbeta = Σ du        dgamma = Σ du·x_hat        dx = scale·(du − dbeta/m − x_hat·dgamma/m)
//
// The result is that of relu(batch_norm_training(…)). What it saves is memory traffic: for large
// images both operations wait for memory most of the time, and apart they write u and du, only to
// read them again. Here u is computed anew from x, which has to be read anyway, wherever its sign
// is asked for. How much that buys: docs/performance.md.
#include "kernels/fused.hpp"

namespace minitape::kernels {
namespace {

// ---- Forward ----

Tensor forward(const Tensor& x, const ChannelNorm& norm) {
  Tensor y = Tensor::uninitialized(x.shape());
  const Normalization at(x, norm);
  Real* const to = y.data();
  for_all(x.rows(), x.channels(), [=]<class V>(Index i, Index c) {
    const V u = at.u<V>(i, c);
    store<V>(to + i, u < 0 ? V{} : u);
  });
  return y;
}

// ---- Backward ----

// Σ du·(x − mean) and Σ du, [C] each.
std::array<Tensor, 2> sums(const Tensor& dy, const Tensor& x, const ChannelNorm& norm) {
  const Normalization at(x, norm);
  const auto du = [=, d = dy.data()]<class V>(Index i, Index c) {
    return at.u<V>(i, c) > 0 ? load<V>(d + i) : V{};
  };
  const auto du_times_centred = [=]<class V>(Index i, Index c) {
    return du.template operator()<V>(i, c) * at.centred<V>(i, c);
  };
  return sums_over_rows(x.rows(), x.channels(), du_times_centred, du);
}

// dx = scale·(du − shift − (x − mean)·slope), in place of dy.
Tensor input_gradient(Tensor dy, const Tensor& x, const ChannelNorm& norm,
                      const InputGradient& terms) {
  const Normalization at(x, norm);
  Real* const d = dy.data();
  for_all(x.rows(), x.channels(),
          [=, shift = terms.shift.data(), slope = terms.slope.data()]<class V>(Index i, Index c) {
            const V du = at.u<V>(i, c) > 0 ? load<V>(d + i) : V{};
            const V x_part = at.centred<V>(i, c) * load<V>(slope + c);
            store<V>(d + i, load<V>(at.scale + c) * (du - load<V>(shift + c) - x_part));
          });
  return dy;
}

}  // namespace

BatchNormResult batch_norm_relu(Var x, Var gamma, Var beta, Real epsilon) {
  BatchStatistics batch = minitape::batch_statistics(x.value());
  const ChannelNorm norm(batch, gamma.value(), beta.value(), epsilon);
  Tensor y = forward(x.value(), norm);

  const auto backward = [=](const Tensor&, Tensor dy) {
    AffineGradients gradients = affine_gradients(sums(dy, x.value(), norm), norm.inv_std);
    if (x.needs_gradient()) {
      const InputGradient terms(gradients, norm, dy.rows());
      x.add_gradient(input_gradient(std::move(dy), x.value(), norm, terms));
    }
    gamma.add_gradient(std::move(gradients.dgamma));
    beta.add_gradient(std::move(gradients.dbeta));
  };
  return {x.tape().record("batch_norm_relu", {x, gamma, beta}, std::move(y), backward),
          std::move(batch)};
}

}  // namespace minitape::kernels
