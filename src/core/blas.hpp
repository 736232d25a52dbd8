// Matrix products through OpenBLAS. Private: blas.cpp is the only file that includes cblas.
#pragma once

#include <string>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// A matrix that is only read: where it lies and how. Element (i, j) is data[i·stride + j], or
/// data[j·stride + i] of one that is seen transposed. Owns nothing.
struct MatrixView {
  const Real* data;
  Index rows, columns;
  Index stride;  // from one stored row to the next
  bool is_transposed = false;

  /// The same memory, seen as the transpose.
  MatrixView transposed() const { return {data, columns, rows, stride, !is_transposed}; }
};

/// A matrix whose rows lie one behind the other.
inline MatrixView matrix(const Real* data, Index rows, Index columns) {
  return {data, rows, columns, columns};
}

/// C = A·B + beta·C, with C [A.rows, B.columns] stored in rows that are `c_stride` apart. Runs on
/// the calling thread alone: whoever wants more threads cuts the product into chunks. The first
/// call sets OpenBLAS to one thread for the whole process.
void gemm(const MatrixView& a, const MatrixView& b, Real beta, Real* c, Index c_stride);

/// How many rows of A a chunk of A·B should have, B being [k, n]. At most 10⁶ multiplications are fast,
/// because OpenBLAS multiplies small matrices as they lie. Where that would be fewer than 8 rows, take
/// 64: OpenBLAS then rearranges B first, anew for every chunk, which takes many rows to pay.
Index rows_in_product(Index k, Index n);

/// The processor whose kernels OpenBLAS uses ("SkylakeX", "Haswell", …). It is chosen when the
/// program starts, and OPENBLAS_CORETYPE in the environment overrides the choice.
std::string blas_core();

}  // namespace minitape
