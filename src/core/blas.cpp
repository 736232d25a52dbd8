#include "core/blas.hpp"

#include <cblas.h>

#include <algorithm>

#include "minitape/core/parallel.hpp"

namespace minitape {
namespace {

CBLAS_TRANSPOSE flag(const MatrixView& m) { return m.is_transposed ? CblasTrans : CblasNoTrans; }

// The routine for the precision of this build.
#ifdef MINITAPE_DOUBLE
constexpr auto cblas_gemm = cblas_dgemm;
#else
constexpr auto cblas_gemm = cblas_sgemm;
#endif

// Rows of A in one chunk of A·B, where B is [k, n]. Up to 10⁶ multiplications OpenBLAS multiplies
// the matrices as they lie; beyond, it first copies B into another order, for every chunk again.
// Chunks below that limit are faster. If they had fewer than 8 rows, 64 rows share one copy.
Index rows_in_chunk(Index k, Index n) {
  const Index few = 1'000'000 / std::max<Index>(1, k * n);
  return few >= 8 ? few : 64;
}

}  // namespace

void gemm(const MatrixView& a, const MatrixView& b, Real beta, Real* c, Index c_stride) {
  // OpenBLAS must not start threads of its own: minitape's loops already use all of them, and two
  // pools that wait for each other are several times slower than one.
  [[maybe_unused]] static const bool once = (openblas_set_num_threads(1), true);
  // cblas insists on strides of at least 1, also of empty matrices.
  const auto stride = [](Index s) { return static_cast<int>(std::max<Index>(1, s)); };
  cblas_gemm(CblasRowMajor, flag(a), flag(b), static_cast<int>(a.rows), static_cast<int>(b.columns),
             static_cast<int>(a.columns), 1, a.data, stride(a.stride), b.data, stride(b.stride),
             beta, c, stride(c_stride));
}

Tensor product(const MatrixView& a, const MatrixView& b) {
  Tensor c = Tensor::uninitialized({a.rows, b.columns});
  parallel_for(a.rows, rows_in_chunk(b.rows, b.columns), [&](Index begin, Index end) {
    gemm(a.row_range(begin, end), b, 0, c.data() + begin * b.columns, b.columns);
  });
  return c;
}

std::string blas_core() { return openblas_get_corename(); }

}  // namespace minitape
