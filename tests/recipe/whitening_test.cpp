#include "minitape/recipe/whitening.hpp"

#include <cmath>

#include "minitape/ops/conv2d.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// Neighbouring pixels and the two channels of each are alike.
Tensor smooth_images(Index count) {
  Tensor x = random_tensor("images", {count, 7, 6, 2});
  for (Index i = 2; i < x.size(); ++i) x[i] += Real(0.5) * x[i - 2] + Real(0.2) * x[i - 1];
  return x;
}

double product_of_filters(const Tensor& y, Index a, Index b) {
  double sum = 0;
  for (Index row = 0; row < y.rows(); ++row) {
    sum += double{y[row * y.channels() + a]} * double{y[row * y.channels() + b]};
  }
  return sum / static_cast<double>(y.rows());
}

}  // namespace

TEST_CASE("the outputs of whitening kernels are uncorrelated, with a mean square of almost 1") {
  const Tensor images = smooth_images(40), kernel = whitening_kernel(images, 2);
  CHECK(kernel.shape() == Shape{2, 2, 2, 16});
  const Tensor y = conv2d(images, kernel, nullptr, {});
  for (Index a = 0; a < 8; ++a) {
    CAPTURE(a);
    // λ / (λ + 5e-4), where the smallest λ is about 0.1.
    CHECK(product_of_filters(y, a, a) == doctest::Approx(1).epsilon(0.02));
    CHECK(product_of_filters(y, a, a) < 1);
    CHECK(product_of_filters(y, a, a + 8) == doctest::Approx(-1).epsilon(0.02));
    for (Index b = 0; b < a; ++b) CHECK(std::abs(product_of_filters(y, a, b)) < 1e-4);
  }
}

TEST_CASE("whitening by hand: two uncorrelated channels are divided by their deviations") {
  // Windows of one pixel: (3, 0), (-3, 0), (0, 1), (0, -1), so M = diag(4.5, 0.5).
  const Tensor images({4, 1, 1, 2}, {3, 0, -3, 0, 0, 1, 0, -1});
  const double first = 1 / std::sqrt(4.5 + 5e-4), second = 1 / std::sqrt(0.5 + 5e-4);
  CHECK(mismatch(whitening_kernel(images, 1),
                 numbers({1, 1, 2, 4}, {first, 0, -first, 0, 0, second, 0, -second})) == "");
}

TEST_CASE(
    "of an eigenvector and its negative the one comes first whose largest number is positive") {
  const Tensor kernel = whitening_kernel(smooth_images(10), 2);  // seen as [8, 16]
  for (Index filter = 0; filter < 8; ++filter) {
    double largest = 0;
    for (Index j = 0; j < 8; ++j) {
      const double value = double{kernel[j * 16 + filter]};
      if (std::abs(value) > std::abs(largest)) largest = value;
      CHECK(kernel[j * 16 + 8 + filter] == -kernel[j * 16 + filter]);
    }
    CHECK(largest > 0);
  }
}

TEST_CASE("whitening refuses what it cannot whiten") {
  using doctest::Contains;
  CHECK_THROWS_WITH_AS(whitening_kernel(smooth_images(2), 7),
                       Contains("must hold a window of 7 x 7 pixels"), Error);
  // Constant images, then fewer windows than a window has numbers.
  const Contains directions("must vary in 8 directions");
  CHECK_THROWS_WITH_AS(whitening_kernel(Tensor::full({9, 5, 5, 2}, 3), 2), directions, Error);
  CHECK_THROWS_WITH_AS(
      whitening_kernel(random_tensor("few", {1, 3, 3, 2}), 2),
      Contains("at least as many windows as these have numbers, 8: the images have 4"), Error);
}

}  // namespace minitape
