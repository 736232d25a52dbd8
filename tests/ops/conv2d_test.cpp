#include "minitape/ops/conv2d.hpp"

#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "verify/conv2d_definition.hpp"

namespace minitape {
namespace {

using Inputs = std::vector<Var>;

struct Case {
  Shape x, kernel;
  Conv2DOptions options;

  ConvSizes sizes() const { return ConvSizes::of(x, kernel, options); }
  Shape output() const { return sizes().y(); }
  std::string text() const {
    return concat("x ", x, ", kernel ", kernel, ", stride ", options.stride, ", padding ",
                  options.padding.to_string());
  }
};

// A tensor of the given shape, each element a sum in double: term(in_y, in_x, in_k) tells for every
// product of the definition to which element it belongs and what it adds.
template <class Term>
Tensor sum_of_terms(const Case& at, const Shape& shape, Term term) {
  std::vector<double> sums(static_cast<std::size_t>(shape.size()));
  for_each_product(at.sizes(), [&](Index in_x, Index in_k, Index in_y) {
    const auto [element, value] = term(in_y, in_x, in_k);
    sums[static_cast<std::size_t>(element)] += value;
  });
  Tensor result = Tensor::uninitialized(shape);
  std::transform(sums.begin(), sums.end(), result.data(), [](double sum) { return Real(sum); });
  return result;
}

Tensor plain_conv2d(const Case& at, const Tensor& x, const Tensor& k) {
  return sum_of_terms(at, at.output(), [&](Index in_y, Index in_x, Index in_k) {
    return std::pair{in_y, double{x[in_x]} * double{k[in_k]}};
  });
}

Tensor plain_input_gradient(const Case& at, const Tensor& dy, const Tensor& k) {
  return sum_of_terms(at, at.x, [&](Index in_y, Index in_x, Index in_k) {
    return std::pair{in_x, double{dy[in_y]} * double{k[in_k]}};
  });
}

Tensor plain_kernel_gradient(const Case& at, const Tensor& dy, const Tensor& x) {
  return sum_of_terms(at, at.kernel, [&](Index in_y, Index in_x, Index in_k) {
    return std::pair{in_k, double{dy[in_y]} * double{x[in_x]}};
  });
}

// Distinct sizes N = 3, H = 5, W = 4, C = 2, F = 3 with every kind of kernel, stride and padding.
std::vector<Case> small_cases() {
  std::vector<Case> cases;
  const std::vector<std::pair<Index, Index>> kernels{{1, 1}, {2, 2}, {3, 3}, {4, 4},
                                                     {2, 3}, {3, 1}, {5, 2}};
  for (const auto& [kh, kw] : kernels) {
    for (const Index stride : {1, 2, 3}) {
      for (const Padding padding :
           {Padding::valid(), Padding::same(), Padding::of(1), Padding::of(2)}) {
        cases.push_back({{3, 5, 4, 2}, {kh, kw, 2, 3}, {stride, padding}});
      }
    }
  }
  // Kernels larger than the image.
  cases.push_back({{3, 5, 4, 2}, {7, 6, 2, 3}, {1, Padding::same()}});
  cases.push_back({{3, 5, 4, 2}, {7, 6, 2, 3}, {2, Padding::of(2)}});
  cases.push_back({{1, 1, 1, 1}, {3, 3, 1, 1}, {1, Padding::same()}});
  return cases;
}

// Large enough that the matrix of windows comes in several pieces (across the images' borders too),
// and the kernel's gradient in several partial sums, of more than one piece each.
std::vector<Case> large_cases() {
  return {
      // Pieces of 13 of an image's 16 lines; two images in a partial sum.
      {{32, 16, 16, 16}, {3, 3, 16, 32}, {1, Padding::same()}},
      // Everything in one piece, but three images in a partial sum.
      {{40, 3, 4, 2}, {2, 2, 2, 3}, {1, Padding::valid()}},
      // A kernel so large that pieces are counted in rows: 256 / 10 = 25 lines.
      {{6, 20, 20, 100}, {3, 3, 100, 140}, {2, Padding::of(1)}},
  };
}

Tensor kernel_of(const Case& at) { return random_tensor("kernel", at.kernel); }
Tensor input_of(const Case& at) { return random_tensor("x", at.x); }

}  // namespace

// ---- Examples by hand ----

TEST_CASE("a 2×2 kernel over a 3×3 image, by hand") {
  // 1 2 3              10·1 + 20·2 + 30·4 + 40·5 = 370
  // 4 5 6  *  10 20    10·2 + 20·3 + 30·5 + 40·6 = 470
  // 7 8 9     30 40    10·4 + 20·5 + 30·7 + 40·8 = 670, the last one 770
  const Tensor x({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor k({2, 2, 1, 1}, {10, 20, 30, 40}), bias({1}, {5});
  CHECK(mismatch(conv2d(x, k, nullptr, {}), Tensor({1, 2, 2, 1}, {370, 470, 670, 770})) == "");
  CHECK(mismatch(conv2d(x, k, &bias, {}), Tensor({1, 2, 2, 1}, {375, 475, 675, 775})) == "");
}

TEST_CASE("same padding of an even kernel adds the row below and the column on the right") {
  // The same image and kernel: the last column sees 3·10 + 6·30, the last row 7·10 + 8·20.
  const Tensor x({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9}), k({2, 2, 1, 1}, {10, 20, 30, 40});
  const Tensor expected({1, 3, 3, 1}, {370, 470, 210, 670, 770, 330, 230, 260, 90});
  CHECK(mismatch(conv2d(x, k, nullptr, {1, Padding::same()}), expected) == "");
}

TEST_CASE("a stride skips windows; explicit padding surrounds the image with zeros") {
  const Tensor x({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9}), k({2, 2, 1, 1}, {10, 20, 30, 40});
  // Windows at rows and columns −1 and 1: 1·40; 2·30 + 3·40; 4·20 + 7·40; all of 5 6 8 9.
  CHECK(mismatch(conv2d(x, k, nullptr, {2, Padding::of(1)}),
                 Tensor({1, 2, 2, 1}, {40, 180, 360, 770})) == "");
}

TEST_CASE("channels are summed up, filters lie side by side") {
  // One pixel (2, 3), a 1×1 kernel that maps two channels to three filters.
  const Tensor x({1, 1, 1, 2}, {2, 3}), k({1, 1, 2, 3}, {1, 2, 3, 10, 20, 30});
  CHECK(mismatch(conv2d(x, k, nullptr, {}), Tensor({1, 1, 1, 3}, {32, 64, 96})) == "");
}

TEST_CASE("gradients of a 2×2 kernel over a 2×3 image, by hand") {
  Tape tape;
  const Var x = tape.variable(Tensor({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6}));
  const Var k = tape.variable(Tensor({2, 2, 1, 1}, {10, 20, 30, 40}));
  const Var b = tape.variable(Tensor({1}, {0})), y = conv2d(x, k, b, {});
  // Two outputs with dy = (1, 2): dk = x left window + 2·x right window, and dx adds up where the
  // windows overlap: (10, 20 + 2·10, 2·20; 30, 40 + 2·30, 2·40).
  tape.backward(sum(y * tape.constant(Tensor({1, 1, 2, 1}, {1, 2}))));
  CHECK(mismatch(k.gradient(), Tensor({2, 2, 1, 1}, {1 + 4, 2 + 6, 4 + 10, 5 + 12})) == "");
  CHECK(mismatch(x.gradient(), Tensor({1, 2, 3, 1}, {10, 40, 40, 30, 100, 80})) == "");
  CHECK(mismatch(b.gradient(), Tensor({1}, {3})) == "");
}

// ---- Against the definition ----

TEST_CASE("forward and both gradients equal the seven loops of the definition") {
  const UseThreads one(1);  // waking others takes longer than such small loops
  std::vector<Case> cases = small_cases();
  for (const Case& large : large_cases()) cases.push_back(large);
  for (const Case& at : cases) {
    CAPTURE(at.text());
    const Tensor x = input_of(at), k = kernel_of(at), dy = random_tensor("dy", at.output());
    const double tolerance = 100 * kRounding;  // sums of up to 8192 products
    CHECK(mismatch(conv2d(x, k, nullptr, at.options), plain_conv2d(at, x, k), tolerance) == "");
    CHECK(mismatch(conv2d_input_gradient(dy, k, at.x, at.options), plain_input_gradient(at, dy, k),
                   tolerance) == "");
    CHECK(mismatch(conv2d_kernel_gradient(dy, x, at.kernel, at.options),
                   plain_kernel_gradient(at, dy, x), tolerance) == "");
  }
}

TEST_CASE("gradients of conv2d with respect to input, kernel and bias" * double_only()) {
  for (const Case& at : small_cases()) {
    CAPTURE(at.text());
    const auto with_bias = [&](const Inputs& v) { return conv2d(v[0], v[1], v[2], at.options); };
    CHECK(wrong_gradients(with_bias, {input_of(at), kernel_of(at),
                                      random_tensor("bias", {at.kernel[3]})}) == "");
  }
  const Case at{{3, 5, 4, 2}, {3, 3, 2, 3}, {1, Padding::same()}};
  const auto no_bias = [&](const Inputs& v) {
    return conv2d(v[0], v[1], std::nullopt, at.options);
  };
  CHECK(wrong_gradients(no_bias, {input_of(at), kernel_of(at)}) == "");
}

TEST_CASE("an image that is a constant gets no gradient, the kernel does") {
  Tape tape;
  const Case at{{3, 5, 4, 2}, {3, 3, 2, 3}, {}};
  const Var x = tape.constant(input_of(at)), k = tape.variable(kernel_of(at));
  tape.backward(sum(conv2d(x, k, std::nullopt, at.options)));
  CHECK(mismatch(k.gradient(),
                 plain_kernel_gradient(at, Tensor::full(at.output(), 1), x.value())) == "");
  CHECK_THROWS_AS(x.gradient(), Error);
}

TEST_CASE("a bias can be trained by itself") {
  Tape tape;
  const Case at{{3, 5, 4, 2}, {3, 3, 2, 3}, {}};  // 3·3·2 outputs per filter
  const Var bias = tape.variable(Tensor::zeros({3}));
  const Var x = tape.constant(input_of(at)), k = tape.constant(kernel_of(at));
  tape.backward(sum(conv2d(x, k, bias, at.options)));
  CHECK(mismatch(bias.gradient(), Tensor::full({3}, 18)) == "");
}

TEST_CASE("conv2d gives the same bits on the tape and without it") {
  Tape tape;
  const Case at{{3, 5, 4, 2}, {3, 3, 2, 3}, {2, Padding::same()}};
  const Tensor x = input_of(at), k = kernel_of(at), b = random_tensor("bias", {3});
  const Var y = conv2d(tape.constant(x), tape.constant(k), tape.constant(b), at.options);
  CHECK(different_bits(y.value(), conv2d(x, k, &b, at.options)) == "");
}

TEST_CASE("an image does not depend on the others of its batch") {
  const Case at{{3, 5, 4, 2}, {3, 3, 2, 3}, {1, Padding::same()}};
  const Tensor x = input_of(at), k = kernel_of(at), y = conv2d(x, k, nullptr, at.options);
  Tensor last = Tensor::uninitialized({1, 5, 4, 2}), expected = Tensor::uninitialized({1, 5, 4, 3});
  std::copy_n(x.data() + 2 * 40, 40, last.data());
  std::copy_n(y.data() + 2 * 60, 60, expected.data());
  CHECK(mismatch(conv2d(last, k, nullptr, at.options), expected) == "");
}

TEST_CASE("an empty batch of images gives an empty result and zero gradients") {
  Tape tape;
  const Var x = tape.variable(Tensor::zeros({0, 5, 4, 2}));
  const Var k = tape.variable(Tensor::full({3, 3, 2, 3}, 1));
  const Var y = conv2d(x, k, std::nullopt, {});
  CHECK(y.shape() == Shape{0, 3, 2, 3});
  tape.backward(sum(y));
  CHECK(mismatch(k.gradient(), Tensor::zeros({3, 3, 2, 3})) == "");
  CHECK(x.gradient().shape() == Shape{0, 5, 4, 2});
}

TEST_CASE("images without channels give zeros, and gradients of no elements") {
  const Tensor x = Tensor::zeros({8, 4, 4, 0}), kernel = Tensor::zeros({3, 3, 0, 16});
  const Tensor y = conv2d(x, kernel, nullptr, {1, Padding::same()});
  CHECK(mismatch(y, Tensor::zeros({8, 4, 4, 16})) == "");
  CHECK(conv2d_input_gradient(y, kernel, x.shape(), {1, Padding::same()}).shape() == x.shape());
  CHECK(conv2d_kernel_gradient(y, x, kernel.shape(), {1, Padding::same()}).shape() ==
        kernel.shape());
}

// ---- Errors ----

TEST_CASE("conv2d says what does not fit") {
  const auto call = [](const Shape& x, const Shape& kernel, Conv2DOptions options = {}) {
    return [=] { conv2d(Tensor::zeros(x), Tensor::zeros(kernel), nullptr, options); };
  };
  CHECK(error_lacks({"[conv2d] input has 3 channels but the kernel expects 1: x is (2, 5, 4, 3), "
                     "kernel is (3, 3, 1, 8)"},
                    call({2, 5, 4, 3}, {3, 3, 1, 8})) == "");
  CHECK(error_lacks({"[conv2d] the kernel must be (kh, kw, C, F): kernel is (3, 3, 1)"},
                    call({2, 5, 4, 1}, {3, 3, 1})) == "");
  CHECK(error_lacks({"[conv2d] the input must be (N, H, W, C): x is (5, 4, 1)"},
                    call({5, 4, 1}, {3, 3, 1, 8})) == "");
  CHECK(error_lacks({"[conv2d] the window must fit into the padded image: x is (2, 5, 4, 1), the "
                     "window is 3x5"},
                    call({2, 5, 4, 1}, {3, 5, 1, 8})) == "");
  CHECK(error_lacks({"[conv2d] needs", "the stride 0"},
                    call({2, 5, 4, 1}, {3, 3, 1, 8}, {.stride = 0})) == "");
  const Tensor bias = Tensor::zeros({3});
  CHECK(error_lacks({"[conv2d] the bias must be (8): bias is (3)"}, [&] {
          conv2d(Tensor::zeros({2, 5, 4, 1}), Tensor::zeros({3, 3, 1, 8}), &bias, {});
        }) == "");
  const std::string_view rule = "[conv2d] the output has shape (2, 3, 2, 8), so its gradient must";
  const Tensor dy = Tensor::zeros({2, 3, 3, 8}), kernel = Tensor::zeros({3, 3, 1, 8});
  CHECK(error_lacks({rule, "dy is (2, 3, 3, 8)"}, [&] {
          conv2d_input_gradient(dy, kernel, {2, 5, 4, 1}, {});
        }) == "");
  CHECK(error_lacks({rule, "dy is (2, 3, 3, 8)"}, [&] {
          conv2d_kernel_gradient(dy, Tensor::zeros({2, 5, 4, 1}), {3, 3, 1, 8}, {});
        }) == "");
}

// ---- Threads ----

TEST_CASE("conv2d has the same bits with 1, 2 and 3 threads, forward and backward") {
  // The last one keeps threads busy for so long that they do meet.
  std::vector<Case> cases = large_cases();
  cases.push_back({{16, 32, 32, 32}, {3, 3, 32, 64}, {1, Padding::same()}});
  for (const Case& at : cases) {
    const Tensor x = input_of(at), k = kernel_of(at), dy = random_tensor("dy", at.output());
    CAPTURE(at.text());
    CHECK(depends_on_threads([&] {
            std::vector<Tensor> results;
            results.push_back(conv2d(x, k, nullptr, at.options));
            results.push_back(conv2d_input_gradient(dy, k, at.x, at.options));
            results.push_back(conv2d_kernel_gradient(dy, x, at.kernel, at.options));
            return results;
          }) == "");
  }
}

}  // namespace minitape
