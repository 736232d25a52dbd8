// Equations and storage layout: minitape/ops/arithmetic.hpp
#include "minitape/ops/arithmetic.hpp"

#include "core/blas.hpp"
#include "ops/loops.hpp"

namespace minitape {
namespace {

void check_same_shape(const char* operation, Var a, Var b) {
  MINITAPE_CHECK(a.shape() == b.shape(), "[", operation,
                 "] both operands must have the same shape: ", a.shape(), " and ", b.shape());
}

Shape flat_shape(const Shape& x) {
  MINITAPE_CHECK(x.rank() >= 1, "[flatten] needs a batch axis: x is ", x);
  return {x[0], x.without_batch().size()};
}

}  // namespace

Var add(Var a, Var b) {
  check_same_shape("add", a, b);
  Tensor y = zip(a.value(), b.value(), [](Real u, Real v) { return u + v; });
  return a.tape().record("add", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    a.add_gradient(dy);
    b.add_gradient(std::move(dy));
  });
}

Var subtract(Var a, Var b) {
  check_same_shape("subtract", a, b);
  return add(a, scale(b, -1));
}

Var multiply(Var a, Var b) {
  check_same_shape("multiply", a, b);
  const auto times = [](Real u, Real v) { return u * v; };
  Tensor y = zip(a.value(), b.value(), times);
  return a.tape().record("multiply", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    if (a.needs_gradient()) a.add_gradient(zip(dy, b.value(), times));
    if (b.needs_gradient()) b.add_gradient(zip(std::move(dy), a.value(), times));
  });
}

Var scale(Var x, Real factor) {
  const auto times = [factor](Real v) { return factor * v; };
  return x.tape().record("scale", {x}, map(x.value(), times),
                         [=](const Tensor&, Tensor dy) { x.add_gradient(map(dy, times)); });
}

Var sum(Var x) {
  const auto element = [&v = x.value()](Index i, Index) { return static_cast<double>(v[i]); };
  const double total = sum_of_rows(x.value().size(), 1, element)[0];  // one column, in double
  Tensor y = Tensor::scalar(static_cast<Real>(total));
  return x.tape().record("sum", {x}, std::move(y), [=](const Tensor&, Tensor dy) {
    x.add_gradient(Tensor::full(x.shape(), dy.item()));
  });
}

Var mean(Var x) {
  const Index n = x.value().size();
  MINITAPE_CHECK(n > 0, "[mean] needs at least one element: x is ", x.shape());
  return scale(sum(x), 1 / static_cast<Real>(n));
}

Var dropout(Var x, double rate, Random random) {
  MINITAPE_CHECK(rate >= 0 && rate < 1, "[dropout] the rate must be in [0, 1): got ", rate);
  const auto kept = static_cast<Real>(1 / (1 - rate));
  Tensor mask = Tensor::uninitialized(x.shape());  // 0 or 1 / (1 − rate)
  for (Real& factor : mask.values()) factor = random.chance(rate) ? 0 : kept;
  return x * x.tape().constant(std::move(mask));
}

Var mean_squared_error(Var y, Tensor target) {
  const Var difference = y - y.tape().constant(std::move(target));
  return mean(difference * difference);
}

Var reshape(Var x, const Shape& shape) {
  return x.tape().record("reshape", {x}, x.value().reshaped(shape), [=](const Tensor&, Tensor dy) {
    x.add_gradient(std::move(dy).reshaped(x.shape()));
  });
}

Tensor flatten(const Tensor& x) { return x.reshaped(flat_shape(x.shape())); }
Var flatten(Var x) { return reshape(x, flat_shape(x.shape())); }

Var matmul(Var a, Var b) {
  const Shape &sa = a.shape(), &sb = b.shape();
  MINITAPE_CHECK(sa.rank() == 2 && sb.rank() == 2 && sa[1] == sb[0],
                 "[matmul] needs (M, K) and (K, N): got ", sa, " and ", sb);
  Tensor y = product(matrix(a.value()), matrix(b.value()));  // [M, N]
  return a.tape().record("matmul", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    // dA [M, K] = dy·Bᵀ, dB [K, N] = Aᵀ·dy
    a.add_gradient(product(matrix(dy), matrix(b.value()).transposed()));
    b.add_gradient(product(matrix(a.value()).transposed(), matrix(dy)));
  });
}

}  // namespace minitape
