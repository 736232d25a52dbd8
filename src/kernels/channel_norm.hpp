// Batch norm's numbers per channel, and the loops over them that the fused operations share.
#pragma once

#include <array>

#include "kernels/row_sums.hpp"
#include "kernels/vectors.hpp"
#include "minitape/ops/batch_norm.hpp"

namespace minitape::kernels {

/// What batch norm does to each channel: y = (x − mean)·scale + beta. [C] each.
struct ChannelNorm {
  Tensor mean, inv_std, scale, beta;  // scale = gamma·inv_std

  ChannelNorm(const BatchStatistics& statistics, const Tensor& gamma, const Tensor& betas,
              Real epsilon);
};

/// Plain pointers to x and to what ChannelNorm holds, which loops keep in registers.
struct Normalization {
  const Real *x, *mean, *scale, *beta;

  Normalization(const Tensor& values, const ChannelNorm& norm)
      : x(values.data()),
        mean(norm.mean.data()),
        scale(norm.scale.data()),
        beta(norm.beta.data()) {}

  /// x − mean for one number or a vector of them: i is the offset in x, c its channel.
  template <class V>
  V centred(Index i, Index c) const {
    return load<V>(x + i) - load<V>(mean + c);
  }
  /// What batch norm gives, by the same expression as in ops/batch_norm.cpp: the same bits.
  template <class V>
  V u(Index i, Index c) const {
    return centred<V>(i, c) * load<V>(scale + c) + load<V>(beta + c);
  }
};

/// Calls body.operator()<V>(offset, channel) for all numbers of a [rows, channels] matrix.
template <class Body>
void for_all(Index rows, Index channels, Body body) {
  parallel_for(rows, row_grain(channels), [&](Index begin, Index end) {
    for (Index row = begin * channels; row < end * channels; row += channels) {
      for_each_channel(channels,
                       [&]<class V>(Index c) { body.template operator()<V>(row + c, c); });
    }
  });
}

/// dgamma = Σ du·x_hat and dbeta = Σ du, [C] each, from Σ du·(x − mean) and Σ du.
AffineGradients affine_gradients(std::array<Tensor, 2> sums, const Tensor& inv_std);

/// dx = scale·(du − shift − (x − mean)·slope) for one number or a vector of them: two more numbers
/// per channel, [C] each.
struct InputGradient {
  Tensor shift, slope;  // dbeta/m, inv_std·dgamma/m

  InputGradient(const AffineGradients& sums, const ChannelNorm& norm, Index m);
};

}  // namespace minitape::kernels
