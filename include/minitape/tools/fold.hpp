// Folding: the batch norm of a trained model becomes part of the layer in front of it.
//
// In inference the running statistics are constants, so batch norm is a straight line per channel.
// Behind a Conv2D or a Dense, which are linear, both together are one such layer:
//
//   factor  = gamma / √(running_variance + ε)
//   kernel' = kernel·factor                            for each output channel, the last axis
//   bias'   = beta + (bias − running_mean)·factor      with bias = 0 where the layer had none
//
// (B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference", 2018, section 3.2.) The answers are the same but for
// rounding, which is worse where running_mean is many times as large as the deviation: two large
// numbers then cancel.
#pragma once

#include "minitape/nn/sequential.hpp"

namespace minitape {

/// A copy for prediction, in which every batch norm directly after a Conv2D or a Dense is folded
/// into it, also inside of residual blocks. A batch norm elsewhere stays, as do all other layers
/// and names.
Sequential folded(const Sequential& model);

/// The number of batch norms in a model, also inside of residual blocks.
Index count_batch_norms(const Sequential& model);

}  // namespace minitape
