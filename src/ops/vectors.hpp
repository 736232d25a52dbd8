// The processor's vectors: numbers that are loaded, added and multiplied together. Private to the
// operations.
//
// Compilers turn plain loops into vector code by themselves where loops are long. The inner loops
// here run over the channels of one pixel, often 16 or 32, and are left before what they prepare
// pays. So these few loops say vector themselves, with the compiler's own vector types: arithmetic,
// comparisons and ?: work element by element, as with a Real. Code for both is written once, as a
// template of V, which is Vector for most channels and Real for the last few.
#pragma once

#include <cstring>

#include "minitape/core/tensor.hpp"

namespace minitape {

// As wide as the processor has them, and how many it keeps in registers.
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

/// sums[c] += Σ_r term.operator()<V>(r·channels + c, c) over the rows begin … end − 1 of a matrix
/// [rows, channels]. Four rows are summed up side by side, because an addition takes as long as four
/// can be started. The order of the additions is fixed by begin and end.
template <class Term>
void add_rows(Index begin, Index end, Index channels, Term term, Real* sums) {
  for_each_channel(channels, [&]<class V>(Index c) {
    V part[4] = {};
    Index r = begin;
    for (; r + 4 <= end; r += 4) {
      for (Index k = 0; k < 4; ++k) {
        part[k] += term.template operator()<V>((r + k) * channels + c, c);
      }
    }
    for (; r < end; ++r) part[0] += term.template operator()<V>(r * channels + c, c);
    store(sums + c, load<V>(sums + c) + ((part[0] + part[1]) + (part[2] + part[3])));
  });
}

}  // namespace minitape
