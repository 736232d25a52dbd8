#include "minitape/nn/init.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

using Kind = Init::Kind;

Tensor drawn(const Shape& shape, Init init, std::uint64_t seed = 1,
             const std::string& name = "0.dense.kernel") {
  Parameter kernel(name, Role::kernel, shape);
  initialize_kernel(kernel, init, seed);
  return kernel.value;
}

struct Spread {
  double mean, variance, largest;
};

Spread spread(const Tensor& x) {
  double sum = 0, squares = 0, largest = 0;
  for (const Real value : x.values()) {
    sum += double{value};
    squares += double{value} * double{value};
    largest = std::max(largest, std::abs(double{value}));
  }
  const double n = static_cast<double>(x.size()), mean = sum / n;
  return {mean, squares / n - mean * mean, largest};
}

}  // namespace

TEST_CASE("every kind of kernel has the variance and the range of its formula") {
  // Dense (200, 300): fan_in 200, fan_out 300.  Convolution (3, 2, 50, 100): 300 and 600.
  struct Fans {
    Shape shape;
    double in, out;
  };
  for (const Fans& fans : {Fans{{200, 300}, 200, 300}, Fans{{3, 2, 50, 100}, 300, 600}}) {
    struct Expected {
      Init init;
      double variance;
      bool uniform;
    };
    const double both = fans.in + fans.out;
    for (const Expected& e : {Expected{{Kind::he_normal}, 2 / fans.in, false},
                              {{Kind::he_uniform}, 2 / fans.in, true},
                              {{Kind::glorot_normal}, 2 / both, false},
                              {{Kind::glorot_uniform}, 2 / both, true},
                              {{Kind::normal, 0.05}, 0.0025, false},
                              {{Kind::uniform, 0.3}, 0.03, true}}) {
      const Spread actual = spread(drawn(fans.shape, e.init));
      const double deviation = std::sqrt(e.variance);
      CAPTURE(fans.shape);
      CAPTURE(static_cast<int>(e.init.kind));
      // 30,000 draws or more: the mean is off by 0.6 %, the variance by 0.8 % of itself.
      CHECK(std::abs(actual.mean) < 0.03 * deviation);
      CHECK(std::abs(actual.variance / e.variance - 1) < 0.04);
      // A uniform number ends at √3 deviations, of this many normal ones the largest at about 4.
      CHECK(actual.largest > (e.uniform ? 1.72 : 3.5) * deviation);
      CHECK(actual.largest < (e.uniform ? 1.7321 : 6) * deviation);
    }
  }
}

TEST_CASE("zeros are zeros") {
  CHECK(different_bits(drawn({20, 30}, {Kind::zeros}), Tensor::zeros({20, 30})) == "");
}

TEST_CASE("the same seed and name give the same bits, another seed or name gives others") {
  const Tensor kernel = drawn({20, 30}, {}, 1, "0.dense.kernel");
  CHECK(different_bits(drawn({20, 30}, {}, 1, "0.dense.kernel"), kernel) == "");
  CHECK(different_bits(drawn({20, 30}, {}, 2, "0.dense.kernel"), kernel) != "");
  CHECK(different_bits(drawn({20, 30}, {}, 1, "1.dense.kernel"), kernel) != "");
}

TEST_CASE("the numbers are those of the stream \"init/<name>\"") {
  Random random = stream(5, "init/3.conv2d.kernel");
  const Tensor kernel = drawn({2, 2, 2, 3}, {Kind::normal, 2}, 5, "3.conv2d.kernel");
  for (Index i = 0; i < kernel.size(); ++i) {
    CHECK(kernel[i] == static_cast<Real>(2 * random.normal()));
  }
}

TEST_CASE("a kernel has at least two axes") {
  CHECK(error_lacks({"[init] a kernel has at least two axes: 0.dense.kernel is (20)"},
                    [] { drawn({20}, {}); }) == "");
}

}  // namespace minitape
