// Sums over the rows of a [rows, C] matrix, for many channels at a time.
//
// What is summed up is a term: term.operator()<V>(r·C + c, c) gives one or more numbers of row r,
// from channel c on. The order of the additions depends on the shape alone.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/vectors.hpp"
#include "ops/loops.hpp"

namespace minitape::kernels {

/// sums[c] += Σ term over the rows begin … end − 1. An addition takes about four cycles, but a new
/// one can start in every cycle: four independent sums keep the processor busy.
template <class Term>
void add_few_rows(Index begin, Index end, Index channels, Term term, Real* sums) {
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

/// The same for many rows, with one or more terms: sums[t·C + c] += Σ terms[t]. Some rows at a time
/// are summed up in Real, which is fast, and their sums in double: a chunk of few channels has
/// thousands of rows, and as many sums in float would cost two or three digits.
template <class... Terms>
void add_rows(Index begin, Index end, Index channels, double* sums, Terms... terms) {
  constexpr Index kRows = 64;  // still in the cache for the second term
  const auto size = static_cast<Index>(sizeof...(Terms)) * channels;
  Tensor some = Tensor::uninitialized({size});
  for (Index first = begin; first < end; first += kRows) {
    std::fill_n(some.data(), size, Real{0});
    Real* to = some.data();
    ((add_few_rows(first, std::min(end, first + kRows), channels, terms, to), to += channels), ...);
    for (Index i = 0; i < size; ++i) sums[i] += static_cast<double>(some[i]);
  }
}

/// Σ over all rows, one [C] for each term: every chunk by itself, then the chunks in order.
template <class... Terms>
std::array<Tensor, sizeof...(Terms)> sums_over_rows(Index rows, Index channels, Terms... terms) {
  const Index size = static_cast<Index>(sizeof...(Terms)) * channels, grain = row_grain(channels);
  const Index chunks = chunk_count(rows, grain);
  std::vector<double> partial(static_cast<std::size_t>(chunks * size));
  parallel_chunks(rows, grain, [&](Index chunk, Index begin, Index end) {
    add_rows(begin, end, channels, partial.data() + chunk * size, terms...);
  });
  std::array<Tensor, sizeof...(Terms)> result;
  for (Index i = 0; i < size; ++i) {
    Tensor& sums = result[static_cast<std::size_t>(i / channels)];
    if (sums.empty()) sums = Tensor::uninitialized({channels});
    double total = 0;
    for (Index chunk = 0; chunk < chunks; ++chunk) {
      total += partial[static_cast<std::size_t>(chunk * size + i)];
    }
    sums[i % channels] = static_cast<Real>(total);
  }
  return result;
}

}  // namespace minitape::kernels
