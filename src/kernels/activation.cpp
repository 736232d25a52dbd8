// Sigmoid and GELU: e^x for many numbers at a time, and one pass over memory.
#include <algorithm>

#include "kernels/exponential.hpp"
#include "minitape/core/parallel.hpp"
#include "ops/kernels.hpp"
#include "recipe/kernels.hpp"

namespace minitape::kernels {
namespace {

// to[i] = f(from[i]…) for all i < n.
template <class Function, class... From>
void map_vectors(Index n, Real* to, Function f, const From*... from) {
  parallel_for(n, kElementGrain, [=](Index begin, Index end) {
    Index i = begin;
    for (; i + kLanes <= end; i += kLanes) store(to + i, f(load<Vector>(from + i)...));
    // The last numbers fill up a vector with zeros, so that what becomes of a number does not
    // depend on where it stands.
    const auto rest = [i, end](const Real* numbers) {
      Vector last{};
      std::copy(numbers + i, numbers + end, reinterpret_cast<Real*>(&last));
      return last;
    };
    const Vector last = f(rest(from)...);
    std::copy_n(reinterpret_cast<const Real*>(&last), end - i, to + i);
  });
}

Vector sigmoid(Vector x) { return 1 / (1 + exponential(-x)); }

}  // namespace

std::optional<Tensor> sigmoid(const Tensor& x) {
  Tensor y = Tensor::uninitialized(x.shape());
  const auto f = [](Vector v) { return sigmoid(v); };
  map_vectors(x.size(), y.data(), f, x.data());
  return y;
}

std::optional<Tensor> gelu(const Tensor& x) {
  Tensor y = Tensor::uninitialized(x.shape());
  const auto f = [](Vector v) { return v * sigmoid(gelu_argument(v)); };
  map_vectors(x.size(), y.data(), f, x.data());
  return y;
}

std::optional<Tensor> gelu_gradient(const Tensor& x, Tensor& dy) {
  const auto f = [](Vector v, Vector d) { return d * gelu_slope(v, sigmoid(gelu_argument(v))); };
  map_vectors(x.size(), dy.data(), f, x.data(), dy.data());
  return std::move(dy);
}

}  // namespace minitape::kernels
