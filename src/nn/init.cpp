#include "minitape/nn/init.hpp"

#include <cmath>

#include "minitape/core/random.hpp"

namespace minitape {
namespace {

// Output c of kernel [kh, kw, in, out] becomes input c: 1 in the middle of the window, 0 elsewhere.
void set_identity(Parameter& kernel, Index inputs, Index outputs) {
  const Shape& shape = kernel.value.shape();
  const Index kh = shape.rank() == 4 ? shape[0] : 1, kw = shape.rank() == 4 ? shape[1] : 1;
  MINITAPE_CHECK(inputs <= outputs && kh % 2 == 1 && kw % 2 == 1,
                 "[init] identity needs as many outputs as inputs and a window with a middle: ",
                 kernel.name, " is ", shape);
  const Index middle = (kh / 2) * kw + kw / 2;
  for (Index i = 0; i < kh * kw * inputs; ++i) {  // i counts the window's pixels and their channels
    for (Index c = 0; c < inputs; ++c) {
      kernel.value[i * outputs + c] = i == middle * inputs + c ? 1 : 0;
    }
  }
}

}  // namespace

void initialize_kernel(Parameter& kernel, Init init, std::uint64_t seed) {
  const Shape& shape = kernel.value.shape();
  MINITAPE_CHECK(shape.rank() >= 2, "[init] a kernel has at least two axes: ", kernel.name, " is ",
                 shape);
  // Both fans count the kh·kw positions of a convolution's window.
  const Index inputs = shape[shape.rank() - 2], outputs = shape[shape.rank() - 1];
  const auto window = static_cast<double>(shape.size() / std::max<Index>(1, inputs * outputs));
  const double fan_in = window * static_cast<double>(inputs);
  const double fans = fan_in + window * static_cast<double>(outputs);

  Random random = stream(seed, "init/" + kernel.name);
  const auto normal = [&](double deviation) {
    for (Real& w : kernel.value.values()) w = static_cast<Real>(deviation * random.normal());
  };
  const auto uniform = [&](double limit) {
    for (Real& w : kernel.value.values()) w = static_cast<Real>(random.uniform(-limit, limit));
  };
  switch (init.kind) {
    case Init::Kind::he_normal:
      return normal(std::sqrt(2 / fan_in));
    case Init::Kind::he_uniform:
      return uniform(std::sqrt(6 / fan_in));
    case Init::Kind::glorot_normal:
      return normal(std::sqrt(2 / fans));
    case Init::Kind::glorot_uniform:
      return uniform(std::sqrt(6 / fans));
    case Init::Kind::normal:
      return normal(init.amount);
    case Init::Kind::uniform:
      return uniform(init.amount);
    case Init::Kind::zeros:
      return kernel.value.fill(0);
    case Init::Kind::identity:
      uniform(std::sqrt(1 / fan_in));
      return set_identity(kernel, inputs, outputs);
  }
}

}  // namespace minitape
