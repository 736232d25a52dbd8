// The sigmoid, with e^x for many numbers at a time.
#include <algorithm>

#include "kernels/exponential.hpp"
#include "minitape/core/parallel.hpp"
#include "ops/kernels.hpp"

namespace minitape::kernels {

std::optional<Tensor> sigmoid(const Tensor& x) {
  const auto f = [](Vector v) { return 1 / (1 + exponential(-v)); };
  Tensor y = Tensor::uninitialized(x.shape());
  const Real* const from = x.data();
  Real* const to = y.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    Index i = begin;
    for (; i + kLanes <= end; i += kLanes) store(to + i, f(load<Vector>(from + i)));
    // The last numbers fill up a vector with zeros, so that what becomes of a number does not
    // depend on where it stands.
    Vector last{};
    std::copy(from + i, from + end, reinterpret_cast<Real*>(&last));
    last = f(last);
    std::copy_n(reinterpret_cast<Real*>(&last), end - i, to + i);
  });
  return y;
}

}  // namespace minitape::kernels
