// Initial values of kernels.
//
// With fan_in inputs to each output and fan_out outputs of each input:
//
//   he_normal        normal, σ² = 2 / fan_in                  (K. He et al., "Delving Deep into
//   he_uniform       uniform ±√(6 / fan_in)                    Rectifiers", 2015: for relu)
//   glorot_normal    normal, σ² = 2 / (fan_in + fan_out)      (X. Glorot, Y. Bengio, "Understanding
//   glorot_uniform   uniform ±√(6 / (fan_in + fan_out))        the Difficulty of Training Deep
//   normal           normal, σ = amount                        Feedforward Neural Networks", 2010:
//   uniform          uniform ±amount                           for sigmoid and tanh)
//   zeros            0
//
// A dense kernel (in, out) has fan_in = in and fan_out = out; a convolution's (kh, kw, C, F) has
// fan_in = kh·kw·C and fan_out = kh·kw·F.
#pragma once

#include <cstdint>

#include "minitape/autodiff/parameter.hpp"

namespace minitape {

struct Init {  // what a layer is to do with its kernel
  enum class Kind { he_normal, he_uniform, glorot_normal, glorot_uniform, normal, uniform, zeros };
  Kind kind = Kind::he_normal;
  double amount = 0;  // σ of normal, limit of uniform; of no meaning for the others
};

/// Fills the kernel from stream(seed, "init/" + its name). Draws depend on nothing else.
void initialize_kernel(Parameter& kernel, Init init, std::uint64_t seed);

}  // namespace minitape
