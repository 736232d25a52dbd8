// A model's tensors in a safetensors file.
//
// Saved are the parameters and the running statistics, under the names that the model gives them:
// "0.conv2d.kernel", "1.batch_norm.gamma", "1.batch_norm.running_mean", …
#pragma once

#include "minitape/experiment/safetensors.hpp"
#include "minitape/nn/sequential.hpp"

namespace minitape {

/// All parameters, then all buffers.
SafetensorsFile save_model(const Sequential& model);

/// Sets the model's parameters and buffers. Throws, before anything is changed, when a tensor is
/// missing, superfluous or of another shape, or when a running variance is not a number >= 0.
void load_model(Sequential& model, const SafetensorsFile& file);

}  // namespace minitape
