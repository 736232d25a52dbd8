#include "ops/rows.hpp"

namespace minitape {

Tensor column_sums(const Tensor& x) {
  const auto value = [from = x.data()]<class V>(Index i, Index) { return load<V>(from + i); };
  return std::move(sums_over_rows(x.rows(), x.channels(), value)[0]);
}

Tensor sum_of_parts(const Tensor& parts) {
  const Index count = parts.shape()[0], n = parts.shape()[1];
  Tensor total = Tensor::zeros({n});
  parallel_for(n, kElementGrain, [&](Index begin, Index end) {
    Real* const sums = total.data();
    for (Index part = 0; part < count; ++part) {
      const Real* const values = parts.data() + part * n;
      for (Index i = begin; i < end; ++i) sums[i] += values[i];
    }
  });
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
