// Batch norm with a relu behind it, in one pass over memory forward and two backward.
//
//   y  = max(0, u)      u = (x − mean)·scale + beta,  scale = gamma·inv_std
//   du = dy where u > 0, else 0
//   dbeta = Σ du        dgamma = Σ du·x_hat        dx = scale·(du − dbeta/m − x_hat·dgamma/m)
//
// The result is that of relu(batch_norm_training(…)). What it saves is memory traffic: for large
// images both operations wait for memory most of the time, and apart they write u and du, only to
// read them again. Here u is computed anew from x, which has to be read anyway, wherever its sign is
// asked for. How much that buys: docs/performance.md.
#include "ops/batch_norm_parts.hpp"

namespace minitape {
namespace {

// What one channel needs, [C] each.
struct Channels {
  Tensor mean, inv_std, scale, beta;

  Channels(const Moments& batch, const Tensor& gamma, const Tensor& shift, Real epsilon)
      : mean(batch.mean),
        inv_std(inverse_deviation(batch.variance, epsilon)),
        scale(channel_scale(gamma, inv_std)),
        beta(shift) {}
};

// x − mean and u, for one or more channels. Plain pointers, which loops keep in registers.
struct Normalization {
  const Real *x, *mean, *scale, *beta;

  Normalization(const Tensor& values, const Channels& channel)
      : x(values.data()),
        mean(channel.mean.data()),
        scale(channel.scale.data()),
        beta(channel.beta.data()) {}

  template <class V>
  V centred(Index i, Index c) const {
    return load<V>(x + i) - load<V>(mean + c);
  }
  template <class V>
  V u(Index i, Index c) const {
    return centred<V>(i, c) * load<V>(scale + c) + load<V>(beta + c);
  }
};

// Calls body.operator()<V>(position, channel) for all numbers of a [rows, channels] matrix.
template <class Body>
void for_all(Index rows, Index channels, Body body) {
  for_each_row(rows, channels, [&](Index row) {
    for_each_channel(channels, [&]<class V>(Index c) { body.template operator()<V>(row + c, c); });
  });
}

// ---- Forward ----

Tensor forward(const Tensor& x, const Channels& channel) {
  Tensor y = Tensor::uninitialized(x.shape());
  const Normalization at(x, channel);
  Real* const to = y.data();
  for_all(x.rows(), x.channels(), [=]<class V>(Index i, Index c) {
    const V u = at.u<V>(i, c);
    store<V>(to + i, u < 0 ? V{} : u);
  });
  return y;
}

// ---- Backward ----

// Σ du·(x − mean) and Σ du, [C] each.
std::array<Tensor, 2> sums(const Tensor& dy, const Tensor& x, const Channels& channel) {
  const Normalization at(x, channel);
  const auto du = [=, d = dy.data()]<class V>(Index i, Index c) {
    return at.u<V>(i, c) > 0 ? load<V>(d + i) : V{};
  };
  const auto du_times_centred = [=]<class V>(Index i, Index c) {
    return du.template operator()<V>(i, c) * at.centred<V>(i, c);
  };
  return sums_over_rows(x.rows(), x.channels(), du_times_centred, du);
}

// dx = scale·(du − shift − (x − mean)·slope), in place of dy.
Tensor input_gradient(Tensor dy, const Tensor& x, const Channels& channel,
                      const InputGradientTerms& terms) {
  const Normalization at(x, channel);
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

BatchNormResult batch_norm_relu_training(Var x, Var gamma, Var beta, Real epsilon) {
  const Tensor& input = x.value();
  check_batch_norm_shapes(input, gamma.value(), beta.value());
  check_batch_rows(input);
  Moments batch = moments(input);
  const Channels channel(batch, gamma.value(), beta.value(), epsilon);
  Tensor y = forward(input, channel);

  const auto backward = [=](const Tensor&, Tensor dy) {
    auto [dgamma, dbeta] = sums(dy, x.value(), channel);
    for (Index c = 0; c < dgamma.size(); ++c) dgamma[c] *= channel.inv_std[c];
    if (x.needs_gradient()) {
      const InputGradientTerms terms =
          input_gradient_terms(channel.inv_std, dgamma, dbeta, dy.rows());
      x.add_gradient(input_gradient(std::move(dy), x.value(), channel, terms));
    }
    gamma.add_gradient(std::move(dgamma));
    beta.add_gradient(std::move(dbeta));
  };
  return {x.tape().record("batch_norm_relu", {x, gamma, beta}, std::move(y), backward), batch};
}

}  // namespace minitape
