#include "ops/rows.hpp"

#include <algorithm>

#include "minitape/core/parallel.hpp"
#include "ops/vectors.hpp"

namespace minitape {

Index row_grain(Index channels) {
  return std::max<Index>(1, 16384 / std::max<Index>(1, channels));
}

Tensor column_sums(const Tensor& x) {
  const Index rows = x.rows(), channels = x.channels(), grain = row_grain(channels);
  // One row of partial sums per chunk.
  Tensor partial = Tensor::zeros({chunk_count(rows, grain), channels});
  parallel_chunks(rows, grain, [&](Index chunk, Index begin, Index end) {
    const auto value = [values = x.data()]<class V>(Index i, Index) { return load<V>(values + i); };
    add_rows(begin, end, channels, value, partial.data() + chunk * channels);
  });
  // Merge them in chunk order.
  Tensor total = Tensor::zeros({channels});
  for (Index chunk = 0; chunk < partial.rows(); ++chunk) {
    for (Index c = 0; c < channels; ++c) total[c] += partial[chunk * channels + c];
  }
  return total;
}

void add_to_rows(Tensor& x, const Tensor& b) {
  const Index channels = x.channels();
  parallel_for(x.rows(), row_grain(channels), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      Real* const row = x.data() + r * channels;
      for (Index c = 0; c < channels; ++c) row[c] += b[c];
    }
  });
}

}  // namespace minitape
