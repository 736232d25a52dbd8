#include "ops/product.hpp"

#include <algorithm>

#include "core/blas.hpp"
#include "minitape/core/parallel.hpp"

namespace minitape {
namespace {

// Rows of the result in one chunk: about 10⁶ multiplications, where OpenBLAS switches to kernels
// that pack nothing, but not so few rows that its register blocks stay empty.
Index row_grain(Index n, Index k) {
  return std::max<Index>(16, 1'000'000 / std::max<Index>(1, n * k));
}

}  // namespace

Tensor product(const Tensor& a, const Tensor& b) {
  const Index m = a.shape()[0], k = a.shape()[1], n = b.shape()[1];
  Tensor c = Tensor::uninitialized({m, n});
  parallel_for(m, row_grain(n, k), [&](Index begin, Index end) {
    gemm(Transpose::no, Transpose::no, end - begin, n, k, a.data() + begin * k, k, b.data(), n, 0,
         c.data() + begin * n, n);
  });
  return c;
}

Tensor product_bt(const Tensor& a, const Tensor& b) {
  const Index m = a.shape()[0], k = a.shape()[1], n = b.shape()[0];
  Tensor c = Tensor::uninitialized({m, n});
  parallel_for(m, row_grain(n, k), [&](Index begin, Index end) {
    gemm(Transpose::no, Transpose::yes, end - begin, n, k, a.data() + begin * k, k, b.data(), k, 0,
         c.data() + begin * n, n);
  });
  return c;
}

Tensor product_at(const Tensor& a, const Tensor& b) {
  const Index m = a.shape()[1], k = a.shape()[0], n = b.shape()[1];
  Tensor c = Tensor::uninitialized({m, n});
  // Row i of the result is column i of A times B: a chunk of rows is a slice of A's columns.
  parallel_for(m, row_grain(n, k), [&](Index begin, Index end) {
    gemm(Transpose::yes, Transpose::no, end - begin, n, k, a.data() + begin, m, b.data(), n, 0,
         c.data() + begin * n, n);
  });
  return c;
}

}  // namespace minitape
