// How much memory an experiment needs, told before it needs it.
//
// Two answers, because each is wrong where the other is right:
//
//   least_memory      arithmetic on the shapes of the config's layers. Takes nothing, so it may be
//                     asked about a model that no machine could hold; leaves out the workspace.
//   estimate_memory   builds the model, takes one training step with a small batch, or two with
//                     two small ones, and looks at what the allocator has taken from the system.
//                     Whatever layers and kernels use is counted, without a second description of
//                     it that would have to be kept in step with them. A step's memory grows
//                     linearly with the batch, so two small batches tell about any large one.
#pragma once

#include <string>

#include "minitape/config/config.hpp"
#include "minitape/core/free_memory.hpp"

namespace minitape {

/// What the process holds at its peak, in bytes.
struct MemoryEstimate {
  Index batch_size = 0;
  int threads = 0;

  double parameters = 0;   // and the running statistics
  double gradients = 0;    // of the parameters
  double optimizer = 0;    // SGD's velocities
  double activations = 0;  // what the forward pass leaves on the tape, the images included
  double workspace = 0;    // gradients on their way back, sums of parts, padded images, …
  double images = 0;       // one more batch: the next one
  double program = 0;      // its code and its libraries', and what these keep for themselves

  double data = 0;        // the training and the test set; 0 where the config does not tell
  double evaluation = 0;  // measuring the model after an epoch

  /// A checkpoint holds parameters and velocities, once as tensors and once as the file's bytes.
  double checkpoint() const { return 2 * (parameters + optimizer); }
  /// What `bench` reports as its peak: nothing that only `train` needs.
  double step() const;
  /// The peak of `train`.
  double train() const;
  std::string to_text() const;
};

/// What is to be done: the model be built, steps of training on made-up images, or all of `train`.
enum class Work { build, bench, train };

/// A lower bound, in bytes: parameters, their gradients and velocities, the outputs of the layers,
/// the data. Never overflows. Where the layers do not fit together it counts those in front; to
/// complain is left to building the model.
double least_memory(const Config& config, Work work);

/// Throws what building the model and training it would throw, and where not even a small batch
/// finds room.
MemoryEstimate estimate_memory(const Config& config);

/// Throws, with the estimate and with what to change, when the work needs more than the room that was
/// there before. Where ten times the lower bound is free, nothing else is computed.
void check_memory(const Config& config, Work work, const MemoryRoom& room);

}  // namespace minitape
