// Filters in blocks of two vectors, whose sums stay in registers. Private to the convolution.
#pragma once

#include <algorithm>

#include "kernels/vectors.hpp"
#include "minitape/ops/conv2d.hpp"

namespace minitape::kernels {

/// Pixels, or elements of a window, in a block: 16 sums in 32 registers, or 12 in 16.
constexpr Index kBlock = kVectorRegisters == 32 ? 8 : 6;

/// Whether there is anything to compute, and the filters fill whole vectors.
inline bool direct_applies(const ConvSizes& s) {
  return s.filters % kLanes == 0 && s.y().size() > 0;
}

/// Numbers in one line of a window.
inline Index run_of(const ConvSizes& s) { return s.window.size_w * s.channels; }

/// Calls body(f, number of vectors as a constant) for the filters begin … end − 1 in steps of two
/// vectors, or one at the end.
template <class Body>
void for_each_filter_block(Index begin, Index end, Body body) {
  Index f = begin;
  for (; f + 2 * kLanes <= end; f += 2 * kLanes) body(f, std::integral_constant<int, 2>());
  if (f < end) body(f, std::integral_constant<int, 1>());
}

/// Copies the V vectors of filters that begin at `from` out of a matrix [rows, filters], without
/// what lies between. Read one after the other, numbers do not push each other out of the fastest
/// cache; read at distances of 512 bytes, they do.
template <int V>
void copy_filters(const Real* from, Index rows, Index filters, Real* to) {
  for (Index row = 0; row < rows; ++row, from += filters, to += V * kLanes) {
    std::copy_n(from, V * kLanes, to);
  }
}

}  // namespace minitape::kernels
