// e^x for vectors.
//
// The standard library computes one number at a time, which made a sigmoid layer cost as much as a
// small matrix product. Here all lanes of a vector go through the same few multiplications:
//
//   x = n·ln 2 + r with a whole number n and |r| ≤ ln 2 / 2, so e^x = 2^n · e^r
//
// e^r is its Taylor polynomial of degree 7, whose error of r^8/8! is below 6e-9 of the result; 2^n
// is n added to the exponent bits of that. Within 2 units in the last place of std::exp, which
// stays in use where Real is double.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/vectors.hpp"

namespace minitape::kernels {

#ifdef MINITAPE_DOUBLE
inline Vector exponential(Vector x) {
  for (Index lane = 0; lane < kLanes; ++lane) x[lane] = std::exp(x[lane]);
  return x;
}
#else
typedef std::uint32_t BitVector __attribute__((vector_size(kVectorBytes)));

/// x is taken for -87 where it is below, and for 88 where it is above: close to what a float can
/// hold. NaN stays NaN.
inline Vector exponential(Vector x) {
  const Vector least = Vector{} - 87, most = Vector{} + 88;
  x = x < least ? least : x;
  x = x > most ? most : x;

  // Adding 1.5·2^23 pushes all digits behind the point out of a float, and what is left in its last
  // bits is n. ln 2 is subtracted in two parts, the first with so few digits that n·part is exact.
  constexpr float kShift = 12582912;
  const Vector shifted = x * 1.44269504f + kShift;
  const Vector n = shifted - kShift;
  const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;

  Vector e_r = r * (1 / 5040.0f) + 1 / 720.0f;
  e_r = e_r * r + 1 / 120.0f;
  e_r = e_r * r + 1 / 24.0f;
  e_r = e_r * r + 1 / 6.0f;
  e_r = e_r * r + 0.5f;
  e_r = e_r * r * r + r + 1;

  const auto exponent = std::bit_cast<BitVector>(shifted) << 23;  // n · 2^23: other bits leave
  const auto result = std::bit_cast<Vector>(std::bit_cast<BitVector>(e_r) + exponent);
  return x == x ? result : x;  // the bits of a NaN are no exponent
}
#endif

}  // namespace minitape::kernels
