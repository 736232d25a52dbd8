// Matrix products through OpenBLAS. Private: blas.cpp is the only file that includes cblas.
#pragma once

#include <string>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// A matrix in memory that belongs to somebody else. Element (i, j) is data[i·stride + j], or
/// data[j·stride + i] where is_transposed.
struct MatrixView {
  const Real* data;
  Index rows, columns;
  Index stride;  // from one stored row to the next
  bool is_transposed = false;

  /// The same memory, seen as the transpose.
  MatrixView transposed() const { return {data, columns, rows, stride, !is_transposed}; }
  /// Rows begin … end − 1.
  MatrixView row_range(Index begin, Index end) const {
    return {data + begin * (is_transposed ? 1 : stride), end - begin, columns, stride,
            is_transposed};
  }
};

/// A matrix whose rows lie one after the other.
inline MatrixView matrix(const Real* data, Index rows, Index columns) {
  return {data, rows, columns, columns};
}
/// A tensor seen as its [rows, channels] matrix.
inline MatrixView matrix(const Tensor& x) { return matrix(x.data(), x.rows(), x.channels()); }

/// C = A·B + beta·C, where C is [A.rows, B.columns] with rows `c_stride` apart. Runs on the calling
/// thread. The first call sets OpenBLAS to one thread for the whole process.
void gemm(const MatrixView& a, const MatrixView& b, Real beta, Real* c, Index c_stride);

/// A·B -> (A.rows, B.columns), on all threads: each computes some rows of the result at a time. How
/// many depends on the shapes alone, so the result does not depend on the number of threads.
Tensor product(const MatrixView& a, const MatrixView& b);

/// The processor whose kernels OpenBLAS uses ("SkylakeX", "Haswell", …). It is chosen when the
/// program starts, and OPENBLAS_CORETYPE in the environment overrides the choice.
std::string blas_core();

}  // namespace minitape
