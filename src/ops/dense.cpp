// Equations and storage layout: minitape/ops/dense.hpp
#include "minitape/ops/dense.hpp"

#include "core/blas.hpp"
#include "ops/loops.hpp"

namespace minitape {

Tensor dense(const Tensor& x, const Tensor& kernel, const Tensor* bias) {
  MINITAPE_CHECK(kernel.shape().rank() == 2, "[dense] the kernel must be (in, out): kernel is ",
                 kernel.shape());
  MINITAPE_CHECK(x.shape().rank() == 2 && x.shape()[1] == kernel.shape()[0],
                 "[dense] the input must be (N, ", kernel.shape()[0], "): x is ", x.shape(),
                 ", kernel is ", kernel.shape());
  MINITAPE_CHECK(!bias || bias->shape() == Shape{kernel.shape()[1]}, "[dense] the bias must be (",
                 kernel.shape()[1], "): bias is ", bias->shape());
  Tensor y = product(matrix(x), matrix(kernel));  // [N, out]
  if (bias) add_to_rows(y, *bias);
  return y;
}

Var dense(Var x, Var kernel, std::optional<Var> bias) {
  Tensor y = dense(x.value(), kernel.value(), bias ? &bias->value() : nullptr);
  std::vector<Var> inputs{x, kernel};
  if (bias) inputs.push_back(*bias);
  return x.tape().record("dense", inputs, std::move(y), [=](const Tensor&, Tensor dy) {
    if (bias) bias->add_gradient(column_sums(dy));  // [out]
    // dW [in, out] = xᵀ·dy, dx [N, in] = dy·Wᵀ
    if (kernel.needs_gradient()) {
      kernel.add_gradient(product(matrix(x.value()).transposed(), matrix(dy)));
    }
    if (x.needs_gradient()) {
      x.add_gradient(product(matrix(dy), matrix(kernel.value()).transposed()));
    }
  });
}

}  // namespace minitape
