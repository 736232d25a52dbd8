#include "core/blas.hpp"

#include <cblas.h>

#include <algorithm>

namespace minitape {
namespace {

// OpenBLAS must not start threads of its own: minitape's loops already use all of them, and two
// pools that wait for each other are several times slower than one.
void use_one_thread() {
  static const bool once = [] {
    openblas_set_num_threads(1);
    return true;
  }();
  static_cast<void>(once);
}

CBLAS_TRANSPOSE flag(const MatrixView& m) {
  return m.is_transposed ? CblasTrans : CblasNoTrans;
}

int stride(const MatrixView& m) {
  return static_cast<int>(std::max<Index>(1, m.stride));
}

// The routine for the precision of this build.
#ifdef MINITAPE_DOUBLE
constexpr auto cblas_gemm = cblas_dgemm;
#else
constexpr auto cblas_gemm = cblas_sgemm;
#endif

}  // namespace

void gemm(const MatrixView& a, const MatrixView& b, Real beta, Real* c, Index c_stride) {
  use_one_thread();
  cblas_gemm(CblasRowMajor, flag(a), flag(b), static_cast<int>(a.rows), static_cast<int>(b.columns),
             static_cast<int>(a.columns), 1, a.data, stride(a), b.data, stride(b), beta, c,
             static_cast<int>(std::max<Index>(1, c_stride)));
}

Index rows_in_product(Index k, Index n) {
  const Index few = 1'000'000 / std::max<Index>(1, k * n);
  return few >= 8 ? few : 64;
}

std::string blas_core() {
  return openblas_get_corename();
}

}  // namespace minitape
