#include "minitape/nn/init.hpp"

#include <cmath>

#include "minitape/core/random.hpp"

namespace minitape {

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
  }
}

}  // namespace minitape
