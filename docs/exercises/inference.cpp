// Exercise: batch norm in inference (chapter 9).
//
// Equations: include/minitape/ops/batch_norm.hpp. statistics.mean and statistics.variance are given
// numbers [C], which do not depend on x.
//
// Write the forward pass and its backward function. What is there already, further up in
// src/ops/batch_norm.cpp: inverse_std, normalize, product_of and affine_gradients.

Tensor batch_norm_inference(const Tensor& x, const Tensor& gamma, const Tensor& beta,
                            const BatchStatistics& statistics, Real epsilon) {
  check_shapes(x, gamma, beta);
  MINITAPE_CHECK(
      statistics.mean.shape() == gamma.shape() && statistics.variance.shape() == gamma.shape(),
      "[batch_norm] the statistics must have one value per channel, ", gamma.shape(), ": mean is ",
      statistics.mean.shape(), ", variance is ", statistics.variance.shape());
  // y = gamma·(x − mean)/√(variance + ε) + beta
  not_done("the forward pass of batch_norm_inference");
}

Var batch_norm_inference(Var x, Var gamma, Var beta, const BatchStatistics& statistics,
                         Real epsilon) {
  Tensor y = batch_norm_inference(x.value(), gamma.value(), beta.value(), statistics, epsilon);
  const auto backward = [=](const Tensor&, Tensor dy) {
    // Add dgamma, dbeta and dx to the gradients of the inputs. The statistics are constants.
    not_done("the backward function of batch_norm_inference");
  };
  return x.tape().record("batch_norm_inference", {x, gamma, beta}, std::move(y), backward);
}
