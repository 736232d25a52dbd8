#include "core/blas.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

constexpr Index kM = 3, kN = 4, kK = 5;
constexpr Index kGap = 2;  // stored rows are longer than what the product uses of them

// C = A·B + beta·C by three loops. A is stored (m, k) or, transposed, (k, m); B likewise.
void expected_gemm(bool transpose_a, bool transpose_b, const Tensor& a, const Tensor& b, Real beta,
                   Tensor& c) {
  for (Index i = 0; i < kM; ++i) {
    for (Index j = 0; j < kN; ++j) {
      double sum = beta == 0 ? 0 : double{beta} * double{at(c, {i, j})};
      for (Index k = 0; k < kK; ++k) {
        sum += double{transpose_a ? at(a, {k, i}) : at(a, {i, k})} *
               double{transpose_b ? at(b, {j, k}) : at(b, {k, j})};
      }
      c[i * c.channels() + j] = static_cast<Real>(sum);
    }
  }
}

}  // namespace

TEST_CASE("gemm multiplies with either factor stored transposed, and rows longer than it uses") {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      for (const Real beta : {Real(0), Real(1), Real(0.5)}) {
        const Tensor a = random_tensor("a", {ta ? kK : kM, (ta ? kM : kK) + kGap});
        const Tensor b = random_tensor("b", {tb ? kN : kK, (tb ? kK : kN) + kGap});
        Tensor c = random_tensor("c", {kM, kN + kGap}), expected = c;
        expected_gemm(ta, tb, a, b, beta, expected);
        // The views leave out the gap at the end of each stored row.
        const MatrixView stored_a{a.data(), ta ? kK : kM, ta ? kM : kK, a.channels()};
        const MatrixView stored_b{b.data(), tb ? kN : kK, tb ? kK : kN, b.channels()};
        gemm(ta ? stored_a.transposed() : stored_a, tb ? stored_b.transposed() : stored_b, beta,
             c.data(), c.channels());
        CAPTURE(ta);
        CAPTURE(tb);
        CAPTURE(beta);
        CHECK(mismatch(c, expected) == "");
      }
    }
  }
}

TEST_CASE("gemm with beta = 0 does not look at what C held before") {
  const Tensor a = Tensor::full({2, 3}, 1), b = Tensor::full({3, 2}, 2);
  Tensor c = Tensor::full({2, 2}, std::numeric_limits<Real>::quiet_NaN());
  gemm(matrix(a.data(), 2, 3), matrix(b.data(), 3, 2), 0, c.data(), 2);
  CHECK(mismatch(c, Tensor::full({2, 2}, 6)) == "");
}

TEST_CASE("a sum of no products is zero") {
  const Tensor nothing = Tensor::zeros({0});
  Tensor c = Tensor::full({2, 2}, 7);
  gemm(matrix(nothing.data(), 2, 0), matrix(nothing.data(), 0, 2), 0, c.data(), 2);
  CHECK(mismatch(c, Tensor::zeros({2, 2})) == "");
}

TEST_CASE("the processor whose kernels are used has a name") { CHECK_FALSE(blas_core().empty()); }

}  // namespace minitape
