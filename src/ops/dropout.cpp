// Equations and storage layout: minitape/ops/dropout.hpp
#include "minitape/ops/dropout.hpp"

#include "ops/elementwise.hpp"

namespace minitape {

Var dropout(Var x, double rate, Random random) {
  MINITAPE_CHECK(rate >= 0 && rate < 1, "[dropout] the rate must be in [0, 1): got ", rate);
  // The mask holds the factor of every element: 0, or 1 / (1 − rate).
  const auto kept = static_cast<Real>(1 / (1 - rate));
  Tensor mask = Tensor::uninitialized(x.shape());
  for (Real& factor : mask.values()) factor = random.chance(rate) ? 0 : kept;
  const auto times = [](Real value, Real factor) { return value * factor; };
  Tensor y = zip(x.value(), mask, times);
  return x.tape().record("dropout", {x}, std::move(y),
                         [=, mask = std::move(mask)](const Tensor&, Tensor dy) {
                           x.add_gradient(zip(std::move(dy), mask, times));
                         });
}

}  // namespace minitape
