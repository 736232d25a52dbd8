// Identity: kernels that begin by handing their input on.
//
//   convolution [kh, kw, C, F], C ≤ F    k[u, v, c, f] = 1 at the middle of the window where f = c,
//                                        else 0, for f < C; the other filters stay as they are
//   dense [in, out]                      the same, with a window of one pixel
//
// A deep network then begins close to a shallow one (PyTorch's dirac_).
#pragma once

#include "minitape/autodiff/parameter.hpp"

namespace minitape {

/// Throws for fewer outputs than inputs, and for a window without a middle.
void set_identity(Parameter& kernel);

}  // namespace minitape
