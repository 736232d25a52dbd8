// Folding: batch norm disappears into the layer in front of it.
//
// In inference the running statistics are constants, so batch norm is a straight line per channel.
// A Conv2D or a Dense in front of it is linear, and so is the one after the other:
//
//   factor  = gamma / √(running_variance + ε)
//   kernel' = kernel·factor                            for each output channel, the last axis
//   bias'   = beta + (bias − running_mean)·factor      with bias = 0 where the layer had none
//
// (B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference", 2018, section 3.2.) What is left gives the same answers with
// a layer less. They are rounded otherwise: where running_mean is many times as large as the
// deviation, two large numbers now cancel.
#pragma once

#include "minitape/nn/sequential.hpp"

namespace minitape {

/// A copy for prediction, in which every batch norm directly behind a Conv2D or a Dense is folded
/// into it, also inside of residual blocks. A batch norm elsewhere stays, as do all other layers
/// and names. The copy can be trained as well, but no longer as the model was.
Sequential folded(const Sequential& model);

/// How many batch norms a model has, also inside of residual blocks.
Index count_batch_norms(const Sequential& model);

}  // namespace minitape
