// A stand-in for OpenBLAS, for machines that do not have it: -DMINITAPE_BLAS=plain puts this folder
// in front of the includes, and src/core/blas.cpp includes this file in place of OpenBLAS's.
//
// C = A·B + beta·C, row by row, with nothing of what makes OpenBLAS fast but one thing: a block of
// 4 × 8 sums stays in registers while k runs. Every sum is taken in the order of k, so the results
// do not depend on how the rows of C are shared out.
#pragma once

#include <cstring>
#include <vector>

enum CBLAS_ORDER { CblasRowMajor };
enum CBLAS_TRANSPOSE { CblasNoTrans, CblasTrans };

namespace minitape::ports {

/// 16 bytes of numbers, which all processors add and multiply at once; GCC's and Clang's own type.
template <class T>
struct VectorOf {
  typedef T Type __attribute__((vector_size(16)));
};

/// kRows rows of C, kVectors vectors wide. a(i, k) is a[i·a_row + k·a_column], and rows of b are
/// b_stride apart.
template <int kRows, int kVectors, class T>
void block_of_product(int depth, const T* a, long a_row, long a_column, const T* b, long b_stride,
                      T beta, T* c, long c_stride) {
  using V = typename VectorOf<T>::Type;
  constexpr int kLanes = 16 / sizeof(T);
  V sums[kRows][kVectors] = {};
  for (int k = 0; k < depth; ++k) {
    V row[kVectors];
    std::memcpy(row, b + k * b_stride, sizeof(row));
    for (int i = 0; i < kRows; ++i) {
      const T factor = a[i * a_row + k * a_column];
      for (int v = 0; v < kVectors; ++v) sums[i][v] += factor * row[v];
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int v = 0; v < kVectors; ++v) {
      T* const target = c + i * c_stride + v * kLanes;
      V old = {};
      if (beta != 0) std::memcpy(&old, target, sizeof(old));
      if (beta != 0) sums[i][v] += beta * old;
      std::memcpy(target, &sums[i][v], sizeof(V));
    }
  }
}

/// The same for the columns that fill no vector.
template <class T>
void element_of_product(int depth, const T* a, long a_column, const T* b, long b_stride, T beta,
                        T* c) {
  T sum = 0;
  for (int k = 0; k < depth; ++k) sum += a[k * a_column] * b[k * b_stride];
  *c = beta != 0 ? sum + beta * *c : sum;
}

/// With BLAS's list of parameters: C = 1·A·B + beta·C.
template <class T>
void gemm(CBLAS_ORDER, CBLAS_TRANSPOSE a_flag, CBLAS_TRANSPOSE b_flag, int rows, int columns,
          int depth, T /* 1 */, const T* a, int a_stride, const T* b, int b_stride, T beta, T* c,
          int c_stride) {
  const long a_row = a_flag == CblasTrans ? 1 : a_stride;
  const long a_column = a_flag == CblasTrans ? a_stride : 1;
  // Rows of B must lie in one piece: copy a transposed B.
  std::vector<T> copy;
  if (b_flag == CblasTrans) {
    copy.resize(static_cast<std::size_t>(depth) * static_cast<std::size_t>(columns));
    for (int j = 0; j < columns; ++j) {
      for (int k = 0; k < depth; ++k) {
        copy[static_cast<std::size_t>(k) * static_cast<std::size_t>(columns) +
             static_cast<std::size_t>(j)] = b[static_cast<long>(j) * b_stride + k];
      }
    }
    b = copy.data();
    b_stride = columns;
  }
  constexpr int kRows = 4, kLanes = 16 / static_cast<int>(sizeof(T));
  for (int i = 0; i < rows;) {
    const int count = rows - i >= kRows ? kRows : 1;
    const auto wide = count == kRows ? block_of_product<kRows, 2, T> : block_of_product<1, 2, T>;
    const auto narrow = count == kRows ? block_of_product<kRows, 1, T> : block_of_product<1, 1, T>;
    const T* const a_rows = a + i * a_row;
    T* const c_row = c + static_cast<long>(i) * c_stride;
    int j = 0;
    for (; j + 2 * kLanes <= columns; j += 2 * kLanes) {
      wide(depth, a_rows, a_row, a_column, b + j, b_stride, beta, c_row + j, c_stride);
    }
    for (; j + kLanes <= columns; j += kLanes) {
      narrow(depth, a_rows, a_row, a_column, b + j, b_stride, beta, c_row + j, c_stride);
    }
    for (; j < columns; ++j) {
      for (int r = 0; r < count; ++r) {
        element_of_product(depth, a_rows + r * a_row, a_column, b + j, b_stride, beta,
                           c_row + static_cast<long>(r) * c_stride + j);
      }
    }
    i += count;
  }
}

}  // namespace minitape::ports

// ---- The names under which src/core/blas.cpp knows it ----

inline constexpr auto cblas_sgemm = minitape::ports::gemm<float>;
inline constexpr auto cblas_dgemm = minitape::ports::gemm<double>;
inline void openblas_set_num_threads(int) {}
inline const char* openblas_get_corename() { return "plain"; }
