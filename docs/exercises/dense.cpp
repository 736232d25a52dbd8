// Exercise: a dense layer's operation (chapter 4).
//
// Equations and shapes: include/minitape/ops/dense.hpp
//
//   x (N, in), kernel W (in, out), bias b (out) -> y (N, out)
//
// Write the forward pass, and the backward function that it records. There may be no bias: then the
// pointer is nullptr and the optional is empty. What you may use: product and matrix
// (src/core/blas.hpp), add_to_rows and column_sums (src/ops/loops.hpp); loops will do as well.

Tensor dense(const Tensor& x, const Tensor& kernel, const Tensor* bias) {
  MINITAPE_CHECK(kernel.shape().rank() == 2, "[dense] the kernel must be (in, out): kernel is ",
                 kernel.shape());
  MINITAPE_CHECK(x.shape().rank() == 2 && x.shape()[1] == kernel.shape()[0],
                 "[dense] the input must be (N, ", kernel.shape()[0], "): x is ", x.shape(),
                 ", kernel is ", kernel.shape());
  MINITAPE_CHECK(!bias || bias->shape() == Shape{kernel.shape()[1]}, "[dense] the bias must be (",
                 kernel.shape()[1], "): bias is ", bias->shape());
  not_done("the forward pass of dense");
}

Var dense(Var x, Var kernel, std::optional<Var> bias) {
  Tensor y = dense(x.value(), kernel.value(), bias ? &bias->value() : nullptr);
  std::vector<Var> inputs{x, kernel};
  if (bias) inputs.push_back(*bias);
  return x.tape().record("dense", inputs, std::move(y), [=](const Tensor&, Tensor dy) {
    // dy is (N, out). Add db (out), dW (in, out) and dx (N, in) to the gradients of the inputs.
    not_done("the backward function of dense");
  });
}
