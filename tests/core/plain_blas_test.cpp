// The stand-in for OpenBLAS, and what this build multiplies with, against the definition of the
// product, for shapes of all kinds.
#include "ports/plain_blas/cblas.h"

#include "core/blas.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// C = A·B + beta·C by the stand-in; the arguments are those of gemm in core/blas.hpp.
void plain_gemm(const MatrixView& a, const MatrixView& b, Real beta, Real* c, Index c_stride) {
  const auto flag = [](const MatrixView& m) { return m.is_transposed ? CblasTrans : CblasNoTrans; };
  ports::gemm<Real>(CblasRowMajor, flag(a), flag(b), static_cast<int>(a.rows),
                    static_cast<int>(b.columns), static_cast<int>(a.columns), 1, a.data,
                    static_cast<int>(a.stride), b.data, static_cast<int>(b.stride), beta, c,
                    static_cast<int>(c_stride));
}

// A matrix of random numbers in rows that are 3 longer, stored transposed or not.
struct Stored {
  Stored(const char* name, Index rows, Index columns, bool is_transposed)
      : memory(random_tensor(
            name, {is_transposed ? columns : rows, (is_transposed ? rows : columns) + 3})),
        view{memory.data(), rows, columns, memory.channels(), is_transposed} {}
  Tensor memory;
  MatrixView view;
};

// An element of A·B by its definition.
Real element(const MatrixView& a, const MatrixView& b, Index i, Index j) {
  const auto at = [](const MatrixView& m, Index row, Index column) {
    return static_cast<double>(m.is_transposed ? m.data[column * m.stride + row]
                                               : m.data[row * m.stride + column]);
  };
  double sum = 0;
  for (Index k = 0; k < a.columns; ++k) sum += at(a, i, k) * at(b, k, j);
  return static_cast<Real>(sum);
}

}  // namespace

TEST_CASE("both products equal the definition: whole blocks and what is left of them") {
  for (const Index rows : {1, 3, 4, 9}) {
    for (const Index columns : {1, 7, 8, 21}) {
      for (const Index depth : {0, 1, 50}) {
        for (const int flags : {0, 1, 2, 3}) {
          for (const Real beta : {Real(0), Real(1), Real(-0.5)}) {
            const Stored a("a", rows, depth, flags & 1), b("b", depth, columns, flags & 2);
            Tensor c = random_tensor("c", {rows, columns + 2}), expected = c, of_build = c;
            for (Index i = 0; i < rows; ++i) {
              for (Index j = 0; j < columns; ++j) {
                Real& value = expected[i * (columns + 2) + j];
                value = element(a.view, b.view, i, j) + beta * value;
              }
            }
            gemm(a.view, b.view, beta, of_build.data(), columns + 2);
            plain_gemm(a.view, b.view, beta, c.data(), columns + 2);
            CAPTURE(rows);
            CAPTURE(columns);
            CAPTURE(depth);
            CAPTURE(flags);
            CAPTURE(beta);
            CHECK(mismatch(of_build, expected) == "");
            CHECK(mismatch(c, expected) == "");
          }
        }
      }
    }
  }
}

TEST_CASE("the plain product with beta = 0 does not look at what C held before") {
  const Stored a("a", 5, 3, false), b("b", 3, 9, true);
  Tensor c = Tensor::full({5, 9}, std::numeric_limits<Real>::quiet_NaN()), expected = c;
  for (Index i = 0; i < c.size(); ++i) expected[i] = element(a.view, b.view, i / 9, i % 9);
  plain_gemm(a.view, b.view, 0, c.data(), 9);
  CHECK(mismatch(c, expected) == "");
}

TEST_CASE("a row of the plain product has the same bits alone and among others") {
  const Stored a("a", 6, 40, false), b("b", 40, 19, false);
  Tensor all = Tensor::zeros({6, 19}), alone = all;
  plain_gemm(a.view, b.view, 0, all.data(), 19);
  for (Index i = 0; i < 6; ++i) {
    plain_gemm(a.view.row_range(i, i + 1), b.view, 0, alone.data() + i * 19, 19);
  }
  CHECK(different_bits(all, alone) == "");
}

}  // namespace minitape
