// The fused operation against the three that it stands for.

#include "gradients.hpp"
#include "kernels/fused.hpp"
#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/pool.hpp"
#include "ops/batch_norm_reference.hpp"

namespace minitape {
namespace {

struct Inputs {
  Tensor x, dy, gamma, beta;  // [N, H, W, C], [N, H / size, W / size, C], [C], [C]
  PoolOptions pool;
};

Inputs inputs(const Shape& x, Index size) {
  const Shape y{x[0], x[1] / size, x[2] / size, x[3]};
  return {random_tensor("x", x, 5, 3), random_tensor("dy", y), gamma_of(x[3]), beta_of(x[3]),
          PoolOptions{.size = size}};
}

// y, the batch's moments and the gradients of Σ dy·y, fused or by three operations.
std::vector<Tensor> compute(bool fused, const Inputs& in) {
  Tape tape;
  const Var x = tape.variable(in.x), gamma = tape.variable(in.gamma);
  const Var beta = tape.variable(in.beta);
  const auto epsilon = Real(1e-3);
  const BatchNormResult result =
      fused ? kernels::batch_norm_relu_max_pool(x, gamma, beta, epsilon,
                                                pool_window("max_pool", in.x.shape(), in.pool))
            : batch_norm_training(x, gamma, beta, epsilon);
  const Var y = fused ? result.y : max_pool(relu(result.y), in.pool);
  std::vector<Tensor> results{y.value(), result.batch.mean, result.batch.variance};
  tape.backward(sum(y * tape.constant(in.dy)));
  for (const Var& v : {x, gamma, beta}) results.push_back(v.gradient());
  return results;
}

std::string fused_differs(const Inputs& in) {
  const std::vector<Tensor> actual = compute(true, in), expected = compute(false, in);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string text = mismatch(actual[i], expected[i], 4 * kRounding);
    if (!text.empty()) return concat("tensor ", i, ": ", text);
  }
  return "";
}

}  // namespace

TEST_CASE("batch norm, relu and max pool in one equal one after the other, forward and backward") {
  // Windows of 1 to 4 pixels a side, channels that fill vectors and some that do not, several
  // chunks.
  for (const Index size : {1, 2, 3, 4}) {
    for (const Index channels : {1, 3, 16, 35}) {
      CAPTURE(size);
      CAPTURE(channels);
      CHECK(fused_differs(inputs({3, 2 * size, 3 * size, channels}, size)) == "");
    }
  }
  CHECK(fused_differs(inputs({40, 16, 16, 32}, 2)) == "");
  CHECK(fused_differs(inputs({5, 4, 4, 8}, 4)) == "");  // one window for an image
}

TEST_CASE(
    "of equal pixels the first wins, and where batch norm gives 0 or less nothing goes back") {
  const Index channels = 19;  // some in a vector, some behind it
  Inputs in = inputs({2, 4, 4, channels}, 2);
  for (Index i = 0; i < in.x.size(); ++i) in.x[i] = static_cast<Real>(i / channels % 3);  // 0, 1, 2
  CHECK(fused_differs(in) == "");
  in.gamma.fill(0);  // every u is beta: all pixels of a window are equal
  CHECK(fused_differs(in) == "");
  in.beta.fill(0);
  CHECK(fused_differs(in) == "");
  CHECK(mismatch(compute(true, in)[4], Tensor::zeros({channels})) == "");  // dgamma
  in.beta.fill(-100);  // relu lets nothing through
  in.gamma.fill(1);
  CHECK(fused_differs(in) == "");
  CHECK(mismatch(compute(true, in)[3], Tensor::zeros(in.x.shape())) == "");  // dx
}

TEST_CASE("a NaN is hidden neither by the relu nor by the pool, and stays in its channel") {
  Inputs in = inputs({2, 4, 4, 19}, 2);
  in.x[3 * 19 + 1] = in.x[5 * 19 + 18] = std::numeric_limits<Real>::quiet_NaN();
  const Tensor y = compute(true, in)[0];
  for (Index i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i % 19 == 1 || i % 19 == 18));
  // One pixel alone: 0·∞ where x is the mean and the scale has overflown.
  in = inputs({2, 2, 2, 1}, 2);
  in.x = numbers({2, 2, 2, 1}, {-1, 0, -1, -1, 1, 1, 1, 0});
  in.gamma.fill(std::numeric_limits<Real>::infinity());
  CHECK(std::isnan(compute(true, in)[0][0]));
}

TEST_CASE("gradients of batch norm with relu and max pool" * double_only()) {
  const auto function = [](const std::vector<Var>& v) {
    return kernels::batch_norm_relu_max_pool(v[0], v[1], v[2], Real(1e-2),
                                             pool_window("max_pool", v[0].shape(), {}))
        .y;
  };
  CHECK(wrong_gradients(function,
                        {random_tensor("x", {3, 4, 6, 2}, 5, 3), gamma_of(2), beta_of(2)}) == "");
}

TEST_CASE("batch norm with relu and max pool has the same bits with 1, 2 and 3 threads") {
  const Inputs in = inputs({25, 16, 12, 70}, 2);
  CHECK(depends_on_threads([&] { return compute(true, in); }) == "");
}

}  // namespace minitape
