#include "minitape/ops/dense.hpp"

#include "core/blas.hpp"
#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "ops/loops.hpp"

namespace minitape {
namespace {

using Inputs = std::vector<Var>;

Tensor transposed(const Tensor& x) {
  Tensor y = Tensor::uninitialized({x.shape()[1], x.shape()[0]});
  for (Index i = 0; i < x.shape()[0]; ++i) {
    for (Index j = 0; j < x.shape()[1]; ++j) y[j * x.shape()[0] + i] = at(x, {i, j});
  }
  return y;
}

// A·B by three loops.
Tensor plain_product(const Tensor& a, const Tensor& b) {
  Tensor c = Tensor::uninitialized({a.shape()[0], b.shape()[1]});
  for (Index i = 0; i < c.shape()[0]; ++i) {
    for (Index j = 0; j < c.shape()[1]; ++j) {
      double sum = 0;
      for (Index k = 0; k < a.shape()[1]; ++k) sum += double{at(a, {i, k})} * double{at(b, {k, j})};
      c[i * c.shape()[1] + j] = static_cast<Real>(sum);
    }
  }
  return c;
}

}  // namespace

TEST_CASE("dense by hand: y = x·W + b and its gradients") {
  // x (2, 3), W (3, 2):  (1 2 3)   (1 0)           (14 2)           (114 202)
  //                      (4 5 6) · (2 1) + (100 200) = (32 5) + b = (132 205)
  //                                (3 0)
  Tape tape;
  const Var x = tape.variable(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  const Var w = tape.variable(Tensor({3, 2}, {1, 0, 2, 1, 3, 0}));
  const Var b = tape.variable(Tensor({2}, {100, 200}));
  const Var y = dense(x, w, b);
  CHECK(mismatch(y.value(), Tensor({2, 2}, {114, 202, 132, 205})) == "");

  // With dy = (1 0; 0 2):  dx = dy·Wᵀ,  dW = xᵀ·dy,  db = (1 + 0, 0 + 2)
  tape.backward(sum(y * tape.constant(Tensor({2, 2}, {1, 0, 0, 2}))));
  CHECK(mismatch(x.gradient(), Tensor({2, 3}, {1, 2, 3, 0, 2, 0})) == "");
  CHECK(mismatch(w.gradient(), Tensor({3, 2}, {1, 8, 2, 10, 3, 12})) == "");
  CHECK(mismatch(b.gradient(), Tensor({2}, {1, 2})) == "");
}

TEST_CASE("a bias can be trained by itself") {
  Tape tape;
  const Var x = tape.constant(random_tensor("x", {3, 5}));
  const Var w = tape.constant(random_tensor("w", {5, 4})), b = tape.variable(Tensor::zeros({4}));
  tape.backward(sum(dense(x, w, b)));
  CHECK(mismatch(b.gradient(), Tensor::full({4}, 3)) == "");
}

TEST_CASE("dense gives the same bits on the tape and without it") {
  Tape tape;
  const Tensor x = random_tensor("x", {3, 5}), w = random_tensor("w", {5, 4});
  const Tensor b = random_tensor("b", {4});
  const Var vx = tape.constant(x), vw = tape.constant(w), vb = tape.constant(b);
  CHECK(different_bits(dense(vx, vw, vb).value(), dense(x, w, &b)) == "");
  CHECK(different_bits(dense(vx, vw, std::nullopt).value(), dense(x, w, nullptr)) == "");
}

TEST_CASE("gradients of dense, with and without bias" * double_only()) {
  const Tensor x = random_tensor("x", {3, 5}), w = random_tensor("w", {5, 4});
  const Tensor b = random_tensor("b", {4});
  CHECK(wrong_gradients([](const Inputs& v) { return dense(v[0], v[1], v[2]); }, {x, w, b}) == "");
  CHECK(wrong_gradients([](const Inputs& v) { return dense(v[0], v[1], std::nullopt); }, {x, w}) ==
        "");
}

TEST_CASE("gradient of dense where one tensor is both input and kernel" * double_only()) {
  const auto square = [](const Inputs& v) { return dense(v[0], v[0], std::nullopt); };
  CHECK(wrong_gradients(square, {random_tensor("x", {4, 4})}) == "");
}

TEST_CASE("products that are cut into several chunks equal three loops") {
  // 40 rows and n·k = 300·250 multiplications a row: chunks of 16, 16 and 8 rows.
  const Tensor a = random_tensor("a", {40, 250}), b = random_tensor("b", {250, 300});
  const Tensor expected = plain_product(a, b);
  const double tolerance = sizeof(Real) == sizeof(float) ? 3e-5 : 1e-13;
  CHECK(mismatch(product(matrix(a), matrix(b)), expected, tolerance) == "");
  CHECK(mismatch(product(matrix(a), matrix(transposed(b)).transposed()), expected, tolerance) ==
        "");
  CHECK(mismatch(product(matrix(transposed(a)).transposed(), matrix(b)), expected, tolerance) ==
        "");
}

TEST_CASE("column sums and shifts work on several chunks of rows") {
  const Tensor x = random_tensor("x", {1001, 70});  // chunks of 16384 / 70 = 234 rows
  Tensor expected = Tensor::zeros({70}), shifted = x;
  std::vector<double> sums(70);
  const Tensor b = random_tensor("b", {70});
  for (Index i = 0; i < x.size(); ++i) {
    sums[static_cast<std::size_t>(i % 70)] += double{x[i]};
    shifted[i] += b[i % 70];
  }
  for (Index c = 0; c < 70; ++c) expected[c] = static_cast<Real>(sums[static_cast<std::size_t>(c)]);
  CHECK(mismatch(column_sums(x), expected, 10 * kRounding) == "");
  Tensor y = x;
  add_to_rows(y, b);
  CHECK(different_bits(y, shifted) == "");
}

TEST_CASE("a batch of one and an empty batch") {
  const Tensor w = random_tensor("w", {5, 4});
  CHECK(dense(Tensor::zeros({1, 5}), w, nullptr).shape() == Shape{1, 4});

  Tape tape;
  const Var x = tape.variable(Tensor::zeros({0, 5})), kernel = tape.variable(w);
  const Var b = tape.variable(Tensor::zeros({4})), y = dense(x, kernel, b);
  CHECK(y.shape() == Shape{0, 4});
  tape.backward(sum(y));
  CHECK(x.gradient().shape() == Shape{0, 5});
  CHECK(mismatch(kernel.gradient(), Tensor::zeros({5, 4})) == "");
  CHECK(mismatch(b.gradient(), Tensor::zeros({4})) == "");
}

TEST_CASE("dense says what does not fit") {
  const Tensor x = Tensor::zeros({2, 3}), w = Tensor::zeros({4, 5}), b = Tensor::zeros({4});
  CHECK(error_lacks({"[dense] the input must be (N, 4): x is (2, 3), kernel is (4, 5)"},
                    [&] { dense(x, w, nullptr); }) == "");
  CHECK(error_lacks({"[dense] the input must be (N, 4): x is (2, 2, 2, 1)"}, [&] {
          dense(Tensor::zeros({2, 2, 2, 1}), w, nullptr);
        }) == "");
  CHECK(error_lacks({"[dense] the bias must be (5): bias is (4)"}, [&] {
          dense(Tensor::zeros({2, 4}), w, &b);
        }) == "");
  CHECK(error_lacks({"[dense] the kernel must be (in, out): kernel is (4)"},
                    [&] { dense(x, b, nullptr); }) == "");
}

TEST_CASE("dense has the same bits with 1, 2 and 3 threads") {
  const Tensor x = random_tensor("x", {70, 300}), w = random_tensor("w", {300, 250});
  const auto step = [&] {
    Tape tape;
    const Var vx = tape.variable(x), vw = tape.variable(w);
    const Var vb = tape.variable(Tensor::zeros({250})), y = dense(vx, vw, vb);
    y.keep_gradient();
    tape.backward(sum(y * y));
    return std::vector<Tensor>{y.value(), vx.gradient(), vw.gradient(), vb.gradient()};
  };
  CHECK(depends_on_threads(step) == "");
}

}  // namespace minitape
