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
  const double fan_out = window * static_cast<double>(outputs);

  double deviation = 0, limit = 0;  // normal where the first is set, uniform where the second is
  switch (init.kind) {
    case Init::Kind::he_normal:
      deviation = std::sqrt(2 / fan_in);
      break;
    case Init::Kind::he_uniform:
      limit = std::sqrt(6 / fan_in);
      break;
    case Init::Kind::glorot_normal:
      deviation = std::sqrt(2 / (fan_in + fan_out));
      break;
    case Init::Kind::glorot_uniform:
      limit = std::sqrt(6 / (fan_in + fan_out));
      break;
    case Init::Kind::normal:
      deviation = init.amount;
      break;
    case Init::Kind::uniform:
      limit = init.amount;
      break;
    case Init::Kind::zeros:
      kernel.value.fill(0);
      return;
  }
  Random random = stream(seed, "init/" + kernel.name);
  for (Real& value : kernel.value.values()) {
    value =
        static_cast<Real>(limit > 0 ? random.uniform(-limit, limit) : deviation * random.normal());
  }
}

}  // namespace minitape
