#include "kernels/row_sums.hpp"

#include "ops/kernels.hpp"

namespace minitape::kernels {

std::optional<Tensor> column_sums(const Tensor& x) {
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

}  // namespace minitape::kernels
