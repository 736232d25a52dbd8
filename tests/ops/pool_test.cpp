#include "minitape/ops/pool.hpp"

#include "ops/pool_testing.hpp"

namespace minitape {
namespace {

using Inputs = std::vector<Var>;

// 4×4 image:   1  5  2  0
//              3 −4  8  1
//              0  0  6  7
//              2  9  7  6
Tensor image() { return Tensor({1, 4, 4, 1}, {1, 5, 2, 0, 3, -4, 8, 1, 0, 0, 6, 7, 2, 9, 7, 6}); }

// Max and mean of every window by plain loops over windows and channels.
template <class Reduce>
Tensor plain_pool(const Tensor& x, const Window& w, Reduce reduce) {
  const Shape& s = x.shape();
  Tensor y = Tensor::uninitialized({s[0], w.out_h, w.out_w, s[3]});
  for (Index at = 0; at < y.size(); ++at) {
    const Index c = at % s[3], j = at / s[3] % w.out_w, i = at / s[3] / w.out_w % w.out_h;
    const Index n = at / s[3] / w.out_w / w.out_h;
    std::vector<Real> inside;
    for (Index r = i * w.stride - w.top; r < i * w.stride - w.top + w.size_h; ++r) {
      for (Index q = j * w.stride - w.left; q < j * w.stride - w.left + w.size_w; ++q) {
        if (r >= 0 && r < s[1] && q >= 0 && q < s[2])
          inside.push_back(minitape::at(x, {n, r, q, c}));
      }
    }
    y[at] = reduce(inside);
  }
  return y;
}

Real largest(const std::vector<Real>& values) {
  return *std::max_element(values.begin(), values.end());
}
Real average(const std::vector<Real>& values) {
  Real sum = 0;
  for (const Real value : values) sum += value;
  return sum / static_cast<Real>(values.size());
}

}  // namespace

// ---- Examples by hand ----

TEST_CASE("max pool by hand: the largest of every 2×2 window gets the gradient") {
  CHECK(mismatch(max_pool(image(), {}), Tensor({1, 2, 2, 1}, {5, 8, 9, 7})) == "");
  // Of the two sevens the first in reading order wins.
  const Tensor expected({1, 4, 4, 1}, {0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0, 3, 0, 0});
  CHECK(mismatch(input_gradient(image(), Tensor({1, 2, 2, 1}, {1, 2, 3, 4}),
                                [](Var x) { return max_pool(x, {}); }),
                 expected) == "");
}

TEST_CASE("average pool by hand: every element of a window gets its share") {
  // (1 + 5 + 3 − 4) / 4, (2 + 0 + 8 + 1) / 4, (0 + 0 + 2 + 9) / 4, (6 + 7 + 7 + 6) / 4
  CHECK(mismatch(avg_pool(image(), {}), Tensor({1, 2, 2, 1}, {1.25, 2.75, 2.75, 6.5})) == "");
  const Tensor expected({1, 4, 4, 1}, {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
  CHECK(mismatch(input_gradient(image(), Tensor({1, 2, 2, 1}, {4, 8, 12, 16}),
                                [](Var x) { return avg_pool(x, {}); }),
                 expected) == "");
}

TEST_CASE("where windows overlap an element collects the gradients of all it won") {
  // 3×3 windows in steps of 1: the maxima are 8 above and 9 below.
  const PoolOptions options{3, 1};
  CHECK(mismatch(max_pool(image(), options), Tensor({1, 2, 2, 1}, {8, 8, 9, 9})) == "");
  Tensor expected = Tensor::zeros({1, 4, 4, 1});
  expected[6] = 1 + 2;   // the 8 at row 1, column 2
  expected[13] = 3 + 4;  // the 9 at row 3, column 1
  CHECK(mismatch(input_gradient(image(), Tensor({1, 2, 2, 1}, {1, 2, 3, 4}),
                                [&](Var x) { return max_pool(x, options); }),
                 expected) == "");
}

TEST_CASE("padding takes no part: not as a maximum of negative values, not in the mean") {
  const Tensor x({1, 2, 2, 1}, {-1, -2, -3, -4});
  const PoolOptions options{2, 1, Padding::of(1)};  // nine windows of 1, 2 or 4 elements
  CHECK(mismatch(max_pool(x, options),
                 Tensor({1, 3, 3, 1}, {-1, -1, -2, -1, -1, -2, -3, -3, -4})) == "");
  CHECK(mismatch(avg_pool(x, options),
                 Tensor({1, 3, 3, 1}, {-1, -1.5, -2, -2, -2.5, -3, -3, -3.5, -4})) == "");
}

TEST_CASE("global average pool by hand") {
  const Tensor x({2, 1, 2, 2}, {1, 10, 3, 30, 5, 50, 9, 70});
  CHECK(mismatch(global_avg_pool(x), Tensor({2, 2}, {2, 20, 7, 60})) == "");
  CHECK(mismatch(input_gradient(x, Tensor({2, 2}, {2, 4, 6, 8}),
                                [](Var v) { return global_avg_pool(v); }),
                 Tensor({2, 1, 2, 2}, {1, 2, 1, 2, 3, 4, 3, 4})) == "");
}

TEST_CASE("a NaN is not lost from sight in a max pool, wherever it stands in the window") {
  for (const Index at : {0, 1, 4, 5}) {
    Tensor x = image();
    x[at] = std::numeric_limits<Real>::quiet_NaN();
    const Tensor y = max_pool(x, {});
    CAPTURE(at);
    CHECK(std::isnan(y[0]));
    CHECK(y[1] == 8);
  }
}

// ---- Against plain loops ----

TEST_CASE("pools equal plain loops over windows for every size, stride and padding") {
  const Tensor x = random_tensor("x", {3, 5, 4, 2});
  for (const PoolOptions& options : all_options()) {
    const Window w = pool_window("test", x.shape(), options);
    CAPTURE(options.size);
    CAPTURE(options.stride);
    CAPTURE(options.padding.to_string());
    CHECK(different_bits(max_pool(x, options), plain_pool(x, w, largest)) == "");
    CHECK(mismatch(avg_pool(x, options), plain_pool(x, w, average)) == "");
  }
}

TEST_CASE("gradients of the pools" * double_only()) {
  const Tensor x = random_tensor("x", {3, 5, 4, 2});
  for (const PoolOptions& options : all_options()) {
    CAPTURE(options.size);
    CAPTURE(options.stride);
    CAPTURE(options.padding.to_string());
    CHECK(wrong_gradients([&](const Inputs& v) { return max_pool(v[0], options); }, {x}) == "");
    CHECK(wrong_gradients([&](const Inputs& v) { return avg_pool(v[0], options); }, {x}) == "");
  }
  CHECK(wrong_gradients([](const Inputs& v) { return global_avg_pool(v[0]); }, {x}) == "");
}

TEST_CASE("gradients where padded windows lie side by side, as many as the image has room for" *
          double_only()) {
  // The windows' sizes add up to the image's, but they begin in the padding and leave the last row
  // and column out.
  const PoolOptions options{3, 3, Padding::of(1)};
  const auto largest = [&](const Inputs& v) { return max_pool(v[0], options); };
  const auto average = [&](const Inputs& v) { return avg_pool(v[0], options); };
  const Tensor x = random_tensor("x", {3, 6, 6, 2});
  CHECK(wrong_gradients(largest, {x}) == "");
  CHECK(wrong_gradients(average, {x}) == "");
}

TEST_CASE("max pool with more channels than a vector has lanes, against plain loops") {
  const Tensor x = random_tensor("x", {2, 6, 5, 37});
  for (const PoolOptions& options : all_options()) {
    const Window w = pool_window("max_pool", x.shape(), options);
    CHECK(different_bits(max_pool(x, options), plain_pool(x, w, largest)) == "");
  }
}

TEST_CASE("a window's stride is its size unless it is given") {
  const Window w = pool_window("max_pool", {1, 7, 9, 1}, {3});
  CHECK(w.stride == 3);
  CHECK(w.size_h == 3);
  CHECK(w.size_w == 3);
  CHECK(w.out_h == 2);
  CHECK(w.out_w == 3);
}

TEST_CASE("pools give the same bits on the tape and without it") {
  Tape tape;
  const Tensor x = random_tensor("x", {3, 5, 4, 2});
  const PoolOptions options{3, 2, Padding::same()};
  for (const Var v : {tape.variable(x), tape.constant(x)}) {
    CHECK(different_bits(max_pool(v, options).value(), max_pool(x, options)) == "");
    CHECK(different_bits(avg_pool(v, options).value(), avg_pool(x, options)) == "");
    CHECK(different_bits(global_avg_pool(v).value(), global_avg_pool(x)) == "");
  }
}

TEST_CASE("pools of an empty batch are empty") {
  const Tensor x = Tensor::zeros({0, 4, 4, 2});
  CHECK(max_pool(x, {}).shape() == Shape{0, 2, 2, 2});
  CHECK(avg_pool(x, {}).shape() == Shape{0, 2, 2, 2});
  CHECK(global_avg_pool(x).shape() == Shape{0, 2});
}

// ---- Errors ----

TEST_CASE("pools say what does not fit") {
  const Tensor x = Tensor::zeros({1, 4, 4, 1}), matrix = Tensor::zeros({4, 4});
  CHECK(error_lacks({"[max_pool] the window must fit into the padded image: x is (1, 4, 4, 1), "
                     "the window is 5x5, the padding is valid"},
                    [&] { max_pool(x, {5}); }) == "");
  CHECK(error_lacks({"[avg_pool] the window must fit"}, [&] { avg_pool(x, {5}); }) == "");
  CHECK(error_lacks({"[max_pool] the padding must be smaller than the window: the window is 2x2, "
                     "the padding 2"},
                    [&] {
                      max_pool(x, {2, 2, Padding::of(2)});
                    }) == "");
  CHECK(error_lacks({"[max_pool] needs", "the stride -1"}, [&] { max_pool(x, {2, -1}); }) == "");
  CHECK(error_lacks({"[max_pool] the input must be (N, H, W, C): x is (4, 4)"},
                    [&] { max_pool(matrix, {}); }) == "");
  CHECK(error_lacks({"[avg_pool] the input must be (N, H, W, C): x is (4, 4)"},
                    [&] { avg_pool(matrix, {}); }) == "");
  CHECK(error_lacks({"[global_avg_pool] the input must be (N, H, W, C): x is (4, 4)"},
                    [&] { global_avg_pool(matrix); }) == "");
}

TEST_CASE("a window of size 0 is refused as such") {
  const Tensor x = Tensor::zeros({1, 4, 4, 1});
  CHECK(error_lacks({"[max_pool] needs a window of at least 1x1", "the window is 0x0"},
                    [&] { max_pool(x, {0}); }) == "");
}

TEST_CASE("an image without pixels has no maximum and no mean") {
  CHECK(error_lacks({"[max_pool] the image needs at least one pixel: x is (2, 0, 3, 1)"}, [] {
          max_pool(Tensor::zeros({2, 0, 3, 1}), {2, 1, Padding::of(1)});
        }) == "");
  CHECK(error_lacks({"[global_avg_pool] needs a window of at least 1x1", "0x3"}, [] {
          global_avg_pool(Tensor::zeros({2, 0, 3, 1}));
        }) == "");
}

// ---- Threads ----

TEST_CASE("pools have the same bits with 1, 2 and 3 threads") {
  const Tensor x = random_tensor("x", {7, 9, 8, 3});
  const PoolOptions options{3, 2, Padding::same()};
  CHECK(depends_on_threads([&] {
          Tape tape;
          const Var v = tape.variable(x), most = max_pool(v, options), mean = avg_pool(v, options);
          const Var all = global_avg_pool(v);
          for (const Var y : {most, mean, all}) y.keep_gradient();
          tape.backward(sum(most * mean) + sum(all * all));
          return std::vector<Tensor>{most.value(), mean.value(), all.value(), v.gradient()};
        }) == "");
}

}  // namespace minitape
