#include "ops/product.hpp"

#include <algorithm>

#include "core/blas.hpp"
#include "minitape/core/parallel.hpp"

namespace minitape {
namespace {

// Computes C = A·B [M, N] in chunks of rows: chunk(begin, end) is the view of rows begin … end − 1
// of A.
template <class Chunk>
Tensor product_in_chunks(Index m, const MatrixView& b, Chunk chunk) {
  const Index n = b.columns;
  Tensor c = Tensor::uninitialized({m, n});
  parallel_for(m, rows_in_product(b.rows, n), [&](Index begin, Index end) {
    gemm(chunk(begin, end), b, 0, c.data() + begin * n, n);
  });
  return c;
}

MatrixView view(const Tensor& x) {
  return matrix(x.data(), x.shape()[0], x.shape()[1]);
}

}  // namespace

Tensor product(const Tensor& a, const Tensor& b) {
  const Index m = a.shape()[0], k = a.shape()[1];
  return product_in_chunks(m, view(b), [&](Index begin, Index end) {
    return matrix(a.data() + begin * k, end - begin, k);
  });
}

Tensor product_b_transposed(const Tensor& a, const Tensor& b) {
  const Index m = a.shape()[0], k = a.shape()[1];
  return product_in_chunks(m, view(b).transposed(), [&](Index begin, Index end) {
    return matrix(a.data() + begin * k, end - begin, k);
  });
}

Tensor product_a_transposed(const Tensor& a, const Tensor& b) {
  const Index k = a.shape()[0], m = a.shape()[1];
  return product_in_chunks(m, view(b), [&](Index begin, Index end) {
    // Rows of Aᵀ are columns of A.
    return MatrixView{a.data() + begin, k, end - begin, m}.transposed();
  });
}

}  // namespace minitape
