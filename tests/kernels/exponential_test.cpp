#include "kernels/exponential.hpp"

#include <bit>
#include <limits>

#include "minitape/ops/activation.hpp"
#include "testing.hpp"

namespace minitape::kernels {
namespace {

Real exponential_of(Real x) { return exponential(Vector{} + x)[0]; }

TEST_CASE("exponential: within 2 units in the last place of the true value") {
  constexpr double kUnit = std::numeric_limits<Real>::epsilon();
  double worst = 0;
  for (int i = -870'000; i <= 880'000; ++i) {
    const auto x = static_cast<Real>(i * 1e-4);
    const double expected = std::exp(double{x});
    worst = std::max(worst, std::abs(double{exponential_of(x)} - expected) / expected / kUnit);
  }
  MESSAGE("largest error: ", worst, " units in the last place");
  CHECK(worst < 2);
}

TEST_CASE("exponential: each lane has its own result") {
  Vector x;
  for (Index lane = 0; lane < kLanes; ++lane) x[lane] = static_cast<Real>(lane) - 3;
  const Vector y = exponential(x);
  for (Index lane = 0; lane < kLanes; ++lane) CHECK(y[lane] == exponential_of(x[lane]));
}

TEST_CASE("exponential: 0, tiny, huge and what is no number") {
  constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
  CHECK(exponential_of(0) == 1);
  CHECK(exponential_of(-Real{0}) == 1);
  CHECK(exponential_of(std::numeric_limits<Real>::denorm_min()) == 1);
  for (const Real large : {Real(100), Real(1e30), kInfinity}) {
    CAPTURE(large);
    CHECK(exponential_of(large) > Real(1e38));
    CHECK(exponential_of(-large) < Real(2e-38));
    CHECK(exponential_of(-large) >= 0);
  }
}

TEST_CASE("exponential: NaN stays NaN, with either sign and whatever its other bits are") {
  using Bits = std::conditional_t<sizeof(Real) == sizeof(float), std::uint32_t, std::uint64_t>;
  constexpr int kFraction = std::numeric_limits<Real>::digits - 1;  // its first bit means: quiet
  const auto quiet = std::bit_cast<Bits>(std::numeric_limits<Real>::quiet_NaN());
  const Bits sign = Bits{1} << (8 * sizeof(Real) - 1);
  for (int bit = 0; bit < kFraction; ++bit) {
    for (const Bits bits : {quiet | Bits{1} << bit, quiet | ((Bits{2} << bit) - 1)}) {
      const auto positive = std::bit_cast<Real>(bits), negative = std::bit_cast<Real>(bits | sign);
      CAPTURE(bits);
      CHECK(std::isnan(exponential_of(positive)));
      CHECK(std::isnan(exponential_of(negative)));
      CHECK(std::isnan(minitape::sigmoid(Tensor({2}, {positive, negative}))[0]));
      CHECK(std::isnan(minitape::sigmoid(Tensor({2}, {positive, negative}))[1]));
    }
  }
}

}  // namespace
}  // namespace minitape::kernels
