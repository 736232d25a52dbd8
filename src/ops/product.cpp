#include "ops/product.hpp"

#include <algorithm>

#include "core/blas.hpp"
#include "minitape/core/parallel.hpp"

namespace minitape {
namespace {

// Computes C = A·B [M, N] in chunks of rows: chunk(begin, end) is the view of rows begin … end − 1
// of A. A chunk of at most 10⁶ multiplications is fast, because OpenBLAS multiplies small matrices
// as they lie. Where that would be fewer than 8 rows, a chunk has 64: OpenBLAS then rearranges B
// first, in every chunk anew.
template <class Chunk>
Tensor product_in_chunks(Index m, const MatrixView& b, Chunk chunk) {
  const Index n = b.columns;
  const Index few = 1'000'000 / std::max<Index>(1, n * b.rows);
  const Index grain = few >= 8 ? few : 64;
  Tensor c = Tensor::uninitialized({m, n});
  parallel_for(m, grain, [&](Index begin, Index end) {
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
