// Exercise: find the bug (chapter 3).
//
// weights_of chooses r for the loss of a gradient check, L = Σ rᵢ·yᵢ (Probe::random). The checks of
// dense, conv2d and the activations find every mistake that is planted. But a batch norm whose
// backward function sends nothing back to x has passed, with an error of 0.
//
// One line is wrong. What the weights are for: include/minitape/verify/gradient_check.hpp

Tensor weights_of(const GradientCheckOptions& options, const Tensor& y) {
  if (options.probe == Probe::squares) return y;
  Tensor r = Tensor::full(y.shape(), 1);
  if (options.probe == Probe::sum) return r;
  // A random weight: no backward function gives it by chance.
  Random random = stream(options.seed, "gradient_check/weights");
  r.fill(static_cast<Real>(random.normal()));
  return r;
}
