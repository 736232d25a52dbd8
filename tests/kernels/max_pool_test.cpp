// relu and a max pool in one against the two operations that it stands for.

#include "kernels/fused.hpp"
#include "kernels/pool_windows.hpp"
#include "minitape/ops/activation.hpp"
#include "ops/pool_testing.hpp"

namespace minitape {
namespace {

using kernels::relu_max_pool;

Window windows(const Tensor& x, PoolOptions options) {
  return pool_window("max_pool", x.shape(), options);
}

}  // namespace

TEST_CASE("relu with a max pool by hand: windows without a positive element pass nothing on") {
  // Windows {1, 2, −1, 2}, {−1, −2, −3, −4}, {0, −1, 0, −2} and {−5, 3, −6, −7}.
  const Tensor x({1, 4, 4, 1}, {1, 2, -1, -2, -1, 2, -3, -4, 0, -1, -5, 3, 0, -2, -6, -7});
  CHECK(mismatch(relu_max_pool(x, windows(x, {})), Tensor({1, 2, 2, 1}, {2, 0, 0, 3})) == "");
  const Tensor expected({1, 4, 4, 1}, {0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0});
  CHECK(mismatch(input_gradient(x, Tensor({1, 2, 2, 1}, {5, 6, 7, 8}),
                                [&](Var v) { return relu_max_pool(v, windows(x, {})); }),
                 expected) == "");
}

TEST_CASE("relu with a max pool: the same bits as one after the other, and a NaN stays") {
  Tensor x = random_tensor("x", {2, 7, 6, 35});
  for (Real& value : x.values()) value = std::round(value) + 0;  // equal ones and zeros, no -0
  for (const PoolOptions& options : all_options()) {
    CAPTURE(options.size);
    CAPTURE(options.stride);
    const Tensor apart = max_pool(relu(x), options), dy = random_tensor("dy", apart.shape());
    CHECK(different_bits(relu_max_pool(x, windows(x, options)), apart) == "");
    CHECK(mismatch(
              input_gradient(x, dy, [&](Var v) { return relu_max_pool(v, windows(x, options)); }),
              input_gradient(x, dy, [&](Var v) { return max_pool(relu(v), options); })) == "");
  }
  x[35] = std::numeric_limits<Real>::quiet_NaN();  // the second pixel of the first window
  const Tensor y = relu_max_pool(x, windows(x, {}));
  for (Index i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i == 0));
}

TEST_CASE("relu with a max pool: the same bits on the tape and without it, with any threads") {
  const Tensor x = random_tensor("x", {7, 9, 8, 3});
  const Window w = windows(x, {3, 2, Padding::same()});
  CHECK(depends_on_threads([&] {
          Tape tape;
          const Var v = tape.variable(x), y = relu_max_pool(v, w);
          CHECK(different_bits(y.value(), relu_max_pool(x, w)) == "");
          y.keep_gradient();
          tape.backward(sum(y * y));
          return std::vector<Tensor>{y.value(), v.gradient()};
        }) == "");
}

TEST_CASE("windows tile an image when each pixel lies in exactly one and there is no padding") {
  const auto tile = [](Index h, Index w, Index size_h, Index size_w, Index stride,
                       Padding padding) {
    return kernels::tiles_image(
        Window::over("test", {1, h, w, 1}, size_h, size_w, stride, padding));
  };
  CHECK(tile(6, 4, 2, 2, 2, Padding::valid()));
  CHECK(tile(6, 4, 2, 2, 2, Padding::same()));  // which needs none here
  CHECK(tile(3, 3, 3, 3, 3, Padding::valid()));
  CHECK(tile(4, 5, 1, 1, 1, Padding::valid()));
  CHECK_FALSE(tile(5, 4, 2, 2, 2, Padding::valid()));  // a line is left over
  CHECK_FALSE(tile(4, 5, 2, 2, 2, Padding::valid()));
  CHECK_FALSE(tile(5, 4, 2, 2, 2, Padding::same()));  // padding below
  CHECK_FALSE(tile(4, 4, 2, 2, 2, Padding::of(1)));
  CHECK_FALSE(tile(6, 6, 3, 3, 3, Padding::of(1)));    // as many windows as without padding
  CHECK_FALSE(tile(4, 4, 2, 2, 1, Padding::valid()));  // windows overlap
  CHECK_FALSE(tile(4, 4, 1, 1, 2, Padding::valid()));  // pixels between them
  CHECK_FALSE(tile(4, 4, 2, 1, 2, Padding::valid()));
}

}  // namespace minitape
