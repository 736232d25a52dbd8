// Exercise: find the bug (chapter 8).
//
// The gradient check of this dx is green, to 1e-6, in double precision, with random weights and a
// gamma of both signs. Then the batch norm is put after a convolution.
//
// One number is wrong. Equations: include/minitape/ops/batch_norm.hpp

Tensor input_gradient(Tensor dy, const Tensor& x, const Tensor& mean, const Tensor& inv_std,
                      const Tensor& scale, const AffineGradients& sums) {
  const Index batch_size = x.shape()[0], channels = x.channels();
  for (Index c = 0; c < channels; ++c) {
    // What the mean and the variance take away from every dy of the column.
    const Real shift = sums.dbeta[c] / static_cast<Real>(batch_size);
    const Real slope = inv_std[c] * sums.dgamma[c] / static_cast<Real>(batch_size);
    for (Index i = c; i < x.size(); i += channels) {
      dy[i] = scale[c] * (dy[i] - shift - (x[i] - mean[c]) * slope);
    }
  }
  return dy;
}
