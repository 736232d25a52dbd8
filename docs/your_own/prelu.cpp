// Equations and storage layout: prelu.hpp
#include "prelu.hpp"

#include "ops/loops.hpp"

namespace minitape {

Tensor prelu(const Tensor& x, const Tensor& slope) {
  MINITAPE_CHECK(x.shape().rank() >= 2 && slope.shape() == Shape{x.channels()},
                 "[prelu] the slope must have one value per channel: x is ", x.shape(),
                 ", slope is ", slope.shape());
  Tensor y = Tensor::uninitialized(x.shape());
  for_each_element(x.rows(), x.channels(),
                   [&](Index i, Index c) { y[i] = x[i] > 0 ? x[i] : slope[c] * x[i]; });
  return y;
}

Var prelu(Var x, Var slope) {
  const auto backward = [=](const Tensor&, Tensor dy) {
    const Tensor &from = x.value(), &a = slope.value();
    // da first: dx takes the place of dy.
    if (slope.needs_gradient()) {
      const auto term = [&](Index i, Index) {
        return from[i] > 0 ? 0 : static_cast<double>(dy[i]) * static_cast<double>(from[i]);
      };
      slope.add_gradient(channel_tensor(sum_of_rows(dy.rows(), dy.channels(), term)));
    }
    for_each_element(dy.rows(), dy.channels(),
                     [&](Index i, Index c) { dy[i] = from[i] > 0 ? dy[i] : a[c] * dy[i]; });
    x.add_gradient(std::move(dy));
  };
  return x.tape().record("prelu", {x, slope}, prelu(x.value(), slope.value()), backward);
}

Shape PRelu::output_shape(const Shape& input) const {
  MINITAPE_CHECK(input.rank() >= 1 && input.channels() == slope_.value.size(),
                 "[prelu] was made for ", slope_.value.size(), " channels: the layer before gives ",
                 input);
  return input;
}

}  // namespace minitape
