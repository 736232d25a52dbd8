// Equations and storage layout: minitape/ops/arithmetic.hpp
#include "minitape/ops/arithmetic.hpp"

#include "ops/elementwise.hpp"
#include "ops/product.hpp"

namespace minitape {
namespace {

void check_same_shape(const char* operation, Var a, Var b) {
  MINITAPE_CHECK(a.shape() == b.shape(), "[", operation,
                 "] both operands must have the same shape: ", a.shape(), " and ", b.shape());
}

// Σ xᵢ in double: chunk by chunk, the chunks added up in order.
double total(const Tensor& x) {
  std::vector<double> partial(static_cast<std::size_t>(chunk_count(x.size(), kElementGrain)));
  parallel_chunks(x.size(), kElementGrain, [&](Index chunk, Index begin, Index end) {
    double sum = 0;
    for (Index i = begin; i < end; ++i) sum += static_cast<double>(x[i]);
    partial[static_cast<std::size_t>(chunk)] = sum;
  });
  double sum = 0;
  for (const double value : partial) sum += value;
  return sum;
}

}  // namespace

// ---- Elementwise ----

Var add(Var a, Var b) {
  check_same_shape("add", a, b);
  Tensor y = a.value();
  y.add(b.value());
  return a.tape().record("add", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    a.add_gradient(dy);
    b.add_gradient(std::move(dy));
  });
}

Var subtract(Var a, Var b) {
  check_same_shape("subtract", a, b);
  Tensor y = zip(a.value(), b.value(), [](Real u, Real v) { return u - v; });
  return a.tape().record("subtract", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    a.add_gradient(dy);
    b.add_gradient(map(std::move(dy), [](Real d) { return -d; }));
  });
}

Var multiply(Var a, Var b) {
  check_same_shape("multiply", a, b);
  const auto product = [](Real u, Real v) { return u * v; };
  Tensor y = zip(a.value(), b.value(), product);
  return a.tape().record("multiply", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    a.add_gradient(zip(dy, b.value(), product));
    b.add_gradient(zip(std::move(dy), a.value(), product));
  });
}

Var scale(Var x, Real factor) {
  const auto times = [factor](Real v) { return factor * v; };
  return x.tape().record("scale", {x}, map(x.value(), times), [=](const Tensor&, Tensor dy) {
    x.add_gradient(map(std::move(dy), times));
  });
}

// ---- Sums ----

Var sum(Var x) {
  Tensor y = Tensor::scalar(static_cast<Real>(total(x.value())));
  return x.tape().record("sum", {x}, std::move(y), [=](const Tensor&, Tensor dy) {
    x.add_gradient(Tensor::full(x.shape(), dy.item()));
  });
}

Var mean(Var x) {
  const Index n = x.value().size();
  MINITAPE_CHECK(n > 0, "[mean] needs at least one element: x is ", x.shape());
  Tensor y = Tensor::scalar(static_cast<Real>(total(x.value()) / static_cast<double>(n)));
  return x.tape().record("mean", {x}, std::move(y), [=](const Tensor&, Tensor dy) {
    x.add_gradient(Tensor::full(x.shape(), dy.item() / static_cast<Real>(n)));
  });
}

// ---- Shapes ----

Var reshape(Var x, const Shape& shape) {
  return x.tape().record("reshape", {x}, x.value().reshaped(shape), [=](const Tensor&, Tensor dy) {
    x.add_gradient(std::move(dy).reshaped(x.shape()));
  });
}

Var flatten(Var x) {
  MINITAPE_CHECK(x.shape().rank() >= 1, "[flatten] needs a batch axis: x is ", x.shape());
  return reshape(x, {x.shape()[0], x.shape().without_batch().size()});
}

// ---- Matrices ----

Var matmul(Var a, Var b) {
  const Shape &sa = a.shape(), &sb = b.shape();
  MINITAPE_CHECK(sa.rank() == 2 && sb.rank() == 2 && sa[1] == sb[0],
                 "[matmul] needs (M, K) and (K, N): got ", sa, " and ", sb);
  Tensor y = product(a.value(), b.value());  // [M, N]
  return a.tape().record("matmul", {a, b}, std::move(y), [=](const Tensor&, Tensor dy) {
    if (a.needs_gradient()) a.add_gradient(product_b_transposed(dy, b.value()));  // [M, K]
    if (b.needs_gradient()) b.add_gradient(product_a_transposed(a.value(), dy));  // [K, N]
  });
}

}  // namespace minitape
