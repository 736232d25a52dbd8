#include "core/blas.hpp"

#include <cblas.h>

namespace minitape {
namespace {

// OpenBLAS must not start threads of its own: minitape's loops already use all of them, and two
// pools that wait for each other are several times slower than one.
const bool kSingleThreaded = [] {
  openblas_set_num_threads(1);
  return true;
}();

CBLAS_TRANSPOSE flag(Transpose transpose) {
  return transpose == Transpose::yes ? CblasTrans : CblasNoTrans;
}

[[maybe_unused]] void cblas_gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k,
                                 const float* a, int lda, const float* b, int ldb, float beta,
                                 float* c, int ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1.0F, a, lda, b, ldb, beta, c, ldc);
}

[[maybe_unused]] void cblas_gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k,
                                 const double* a, int lda, const double* b, int ldb, double beta,
                                 double* c, int ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1.0, a, lda, b, ldb, beta, c, ldc);
}

}  // namespace

void gemm(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k, const Real* a,
          Index lda, const Real* b, Index ldb, Real beta, Real* c, Index ldc) {
  static_cast<void>(kSingleThreaded);
  cblas_gemm(flag(transpose_a), flag(transpose_b), static_cast<int>(m), static_cast<int>(n),
             static_cast<int>(k), a, static_cast<int>(lda), b, static_cast<int>(ldb), beta, c,
             static_cast<int>(ldc));
}

std::string blas_core() {
  return openblas_get_corename();
}

}  // namespace minitape
