// Shapes that are too large to count: a config can ask for them, and the product must not overflow.
#include <doctest/doctest.h>

#include "minitape/core/tensor.hpp"

namespace minitape {

TEST_CASE("a shape whose size would overflow is refused") {
  constexpr Index kMillion = 1'000'000;
  CHECK_THROWS_WITH_AS((Shape{kMillion, kMillion, kMillion, 1000}),
                       "[shape] a tensor has at most 576460752303423488 elements: got (1000000, "
                       "1000000, 1000000, 1000)",
                       Error);
  CHECK_THROWS_AS((Shape{kMillion, kMillion, kMillion, kMillion}), Error);  // wraps around
  CHECK_THROWS_AS((Shape{kMillion, kMillion, kMillion, 0}), Error);         // rows() is counted too
  CHECK((Shape{kMillion, kMillion, 1000}).size() == 1'000'000'000'000'000);
}

}  // namespace minitape
