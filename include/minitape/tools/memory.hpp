// How much memory a training step takes, from the shapes of the model's layers.
#pragma once

#include <string>

#include "minitape/config/config.hpp"
#include "minitape/tools/summary.hpp"

namespace minitape {

/// In bytes. The program itself, the data set and short-lived intermediate results come on top.
struct MemoryEstimate {
  Index batch_size = 0;
  double parameters = 0;   // and the running statistics
  double gradients = 0;    // of the parameters
  double optimizer = 0;    // SGD's velocities
  double activations = 0;  // the batch and the output of every layer, kept for backward

  double total() const { return parameters + gradients + optimizer + activations; }
  std::string to_text() const;
};

MemoryEstimate estimate_memory(const Summary& summary, const Config& config);

}  // namespace minitape
