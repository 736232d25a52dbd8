// The processor's vectors: numbers that are loaded, added and multiplied together.
//
// Compilers turn plain loops into vector code by themselves. But such code begins and ends with
// some set-up, which does not pay for loops over the 16 or 32 channels of one pixel. So these few
// loops are written with vectors explicitly, in the compiler's own vector types (GCC and Clang):
// arithmetic, comparisons and ?: work element by element, as with a Real. Code for both is written
// once, as a lambda [=]<class V>(…) in which V is Vector for most channels and Real for the last
// few. To call it for a given V one has to write f.template operator()<V>(…).
#pragma once

#include <cstring>

#include "minitape/core/tensor.hpp"

namespace minitape::kernels {

// As wide as the instructions that the compiler may use, and how many fit into the registers.
#if defined(__AVX512F__)
inline constexpr Index kVectorBytes = 64, kVectorRegisters = 32;
#elif defined(__AVX__)
inline constexpr Index kVectorBytes = 32, kVectorRegisters = 16;
#else
inline constexpr Index kVectorBytes = 16, kVectorRegisters = 16;
#endif

typedef Real Vector __attribute__((vector_size(kVectorBytes)));
inline constexpr Index kLanes = kVectorBytes / static_cast<Index>(sizeof(Real));

/// The one or more numbers that lie at this address, which need not be aligned.
template <class V>
V load(const Real* values) {
  V v;
  std::memcpy(&v, values, sizeof(V));
  return v;
}
template <class V>
void store(Real* values, const V& v) {
  std::memcpy(values, &v, sizeof(V));
}

/// Calls body.operator()<V>(c) for the channels c in steps of kLanes with V = Vector, then one by
/// one with V = Real.
template <class Body>
void for_each_channel(Index channels, Body body) {
  Index c = 0;
  for (; c + kLanes <= channels; c += kLanes) body.template operator()<Vector>(c);
  for (; c < channels; ++c) body.template operator()<Real>(c);
}

}  // namespace minitape::kernels
