// Batch norm with a relu behind it, in one pass over memory forward and two backward.
//
//   y  = max(0, u)      u = (x − mean)·scale + beta,  scale = gamma·inv_std
//   du = dy where u > 0, else 0
//   dbeta = Σ du        dgamma = Σ du·x_hat        dx = scale·(du − dbeta/m − x_hat·dgamma/m)
//
// The result is that of relu(batch_norm_training(…)). What it saves is memory traffic: for large
// images both operations wait for memory most of the time, and apart they write u and du, only to
// read them again. Here u is computed anew from x wherever its sign is asked for. How much that
// buys: docs/performance.md.
#include <algorithm>
#include <vector>

#include "ops/batch_norm_parts.hpp"

namespace minitape {
namespace {

// What one channel needs, [C] each.
struct Channels {
  Tensor mean, inv_std, scale, beta;

  Channels(const Moments& batch, const Tensor& gamma, const Tensor& shift, Real epsilon)
      : mean(batch.mean),
        inv_std(inverse_deviation(batch.variance, epsilon)),
        scale(inv_std),
        beta(shift) {
    for (Index c = 0; c < gamma.size(); ++c) scale[c] *= gamma[c];
  }

  Real u(Real x, Index c) const { return (x - mean[c]) * scale[c] + beta[c]; }
};

// Σ du·(x − mean) | Σ du, [2·C].
Tensor sums(const Tensor& dy, const Tensor& x, const Channels& at) {
  const Index rows = x.rows(), channels = x.channels(), grain = row_grain(channels);
  Tensor partial = Tensor::zeros({chunk_count(rows, grain), 2 * channels});
  parallel_chunks(rows, grain, [&](Index chunk, Index begin, Index end) {
    Real* const dgamma = partial.data() + chunk * 2 * channels;
    Real* const dbeta = dgamma + channels;
    const Real *const mean = at.mean.data(), *const scale = at.scale.data();
    const Real* const shift = at.beta.data();
    Tensor du_row = Tensor::uninitialized({channels});
    Real* const du = du_row.data();
    for (Index r = begin; r < end; ++r) {
      const Real* const dy_row = dy.data() + r * channels;
      const Real* const x_row = x.data() + r * channels;
      // Two loops, because compilers vectorize a condition or a sum, but not both in one.
      for (Index c = 0; c < channels; ++c) {
        du[c] = (x_row[c] - mean[c]) * scale[c] + shift[c] > 0 ? dy_row[c] : 0;
      }
      for (Index c = 0; c < channels; ++c) {
        dgamma[c] += du[c] * (x_row[c] - mean[c]);  // times inv_std once at the end
        dbeta[c] += du[c];
      }
    }
  });
  return column_sums(partial);
}

}  // namespace

BatchNormResult batch_norm_relu_training(Var x, Var gamma, Var beta, Real epsilon) {
  const Tensor& input = x.value();
  check_batch_norm_shapes(input, gamma.value(), beta.value());
  check_batch_rows(input);
  const Index channels = input.channels();
  Moments batch = moments(input);
  const Channels at(batch, gamma.value(), beta.value(), epsilon);
  Tensor y = Tensor::uninitialized(input.shape());
  for_each_row(input.rows(), channels, [&](Index offset) {
    const Real* const from = input.data() + offset;
    Real* const to = y.data() + offset;
    for (Index c = 0; c < channels; ++c) {
      const Real u = at.u(from[c], c);
      to[c] = u < 0 ? 0 : u;
    }
  });

  const auto backward = [=](const Tensor&, Tensor dy) {
    const Tensor& saved = x.value();
    const Tensor total = sums(dy, saved, at);
    // dx = scale·(du − shift − (x − mean)·slope), in place of dy.
    Tensor dgamma = at.inv_std, dbeta = Tensor::uninitialized({channels});  // [C]
    Tensor shift = dbeta, slope = at.inv_std;                               // [C]
    const auto m = static_cast<Real>(saved.rows());
    for (Index c = 0; c < channels; ++c) {
      dgamma[c] *= total[c];
      dbeta[c] = total[channels + c];
      shift[c] = dbeta[c] / m;
      slope[c] *= dgamma[c] / m;
    }
    if (x.needs_gradient()) {
      for_each_row(saved.rows(), channels, [&](Index offset) {
        Real* const dy_row = dy.data() + offset;
        const Real* const x_row = saved.data() + offset;
        for (Index c = 0; c < channels; ++c) {
          const Real du = at.u(x_row[c], c) > 0 ? dy_row[c] : 0;
          dy_row[c] = at.scale[c] * (du - shift[c] - (x_row[c] - at.mean[c]) * slope[c]);
        }
      });
      x.add_gradient(std::move(dy));
    }
    gamma.add_gradient(std::move(dgamma));
    beta.add_gradient(std::move(dbeta));
  };
  return {x.tape().record("batch_norm_relu", {x, gamma, beta}, std::move(y), backward), batch};
}

}  // namespace minitape
