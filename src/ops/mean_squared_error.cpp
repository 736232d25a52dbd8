// Equations and storage layout: minitape/ops/mean_squared_error.hpp
#include "minitape/ops/mean_squared_error.hpp"

#include "ops/elementwise.hpp"

namespace minitape {

Var mean_squared_error(Var y, const Tensor& target) {
  MINITAPE_CHECK(
      y.shape() == target.shape() && target.size() > 0,
      "[mean_squared_error] output and target must have the same, non-empty shape: y is ",
      y.shape(), ", target is ", target.shape());
  double loss = 0;
  for (Index i = 0; i < target.size(); ++i) {
    const double difference = static_cast<double>(y.value()[i]) - static_cast<double>(target[i]);
    loss += difference * difference;
  }
  const auto size = static_cast<double>(target.size());
  Tensor mean = Tensor::scalar(static_cast<Real>(loss / size));
  return y.tape().record("mean_squared_error", {y}, std::move(mean), [=](const Tensor&, Tensor dy) {
    const Real factor = 2 * dy.item() / static_cast<Real>(size);
    y.add_gradient(zip(y.value(), target, [=](Real v, Real t) { return factor * (v - t); }));
  });
}

}  // namespace minitape
