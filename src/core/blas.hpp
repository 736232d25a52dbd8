// Matrix products through OpenBLAS. Private: blas.cpp is the only file that includes cblas.
#pragma once

#include <string>

#include "minitape/core/tensor.hpp"

namespace minitape {

enum class Transpose { no, yes };

/// C[m, n] = A[m, k] · B[k, n] + beta · C, all row-major.
/// With Transpose::yes the factor is stored transposed: A as [k, m], B as [n, k]. lda, ldb and ldc
/// are the distances between stored rows. Runs on the calling thread alone: whoever wants more
/// threads cuts the product into chunks.
void gemm(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k, const Real* a,
          Index lda, const Real* b, Index ldb, Real beta, Real* c, Index ldc);

/// The processor whose kernels OpenBLAS uses ("SkylakeX", "Haswell", …). It is chosen when the
/// program starts, and OPENBLAS_CORETYPE in the environment overrides the choice.
std::string blas_core();

}  // namespace minitape
