// Exercise: batch norm, backward (chapter 8).
//
// Equations: include/minitape/ops/batch_norm.hpp. dy and x are [m, C], all others [C]:
// scale = gamma·inv_std, and x_hat = (x − mean)·inv_std, which is not stored.
//
// sum_of_rows, for_each_element, map and column_sums (src/ops/loops.hpp) do the loops for you, if
// you like.

AffineGradients affine_gradients(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                 const Tensor& inv_std) {
  // dgamma = Σ dy·x_hat and dbeta = Σ dy, in this order
  not_done("affine_gradients");
}

Tensor input_gradient(Tensor dy, const Tensor& x, const Tensor& mean, const Tensor& inv_std,
                      const Tensor& scale, const AffineGradients& sums) {
  // dx = scale·(dy − dbeta/m − x_hat·dgamma/m); dy is yours, so dx can take its place
  not_done("input_gradient");
}
