// A checkpoint: everything that training needs to go on as if it had never stopped.
//
// A safetensors file with the model's tensors as in model.safetensors and, beside them,
//
//   <layer>.<counter>              how many updates of a batch norm, how many masks of a dropout
//   optimizer.velocity.<parameter> SGD's velocities
//   run.…                          where the run stands: the fields of Standing below
//
// Random streams need no state of their own: each is named by seed, epoch, image or count, so where
// the run stands says which one comes next. Counts are I64 and sums are F64, whatever Real is, so
// that every bit comes back.
#pragma once

#include <optional>
#include <string>

#include "minitape/nn/sequential.hpp"
#include "minitape/optim/sgd.hpp"
#include "minitape/run/evaluate.hpp"
#include "minitape/run/safetensors.hpp"

namespace minitape {

/// Where the numbers of a run went bad.
struct Divergence {
  Index step = 0;
  double learning_rate = 0;
  std::string where;  // the first value that is not finite: "layer 3.conv2d (conv2d)"
};

/// Where a run stands between two steps.
struct Standing {
  Index steps = 0;     // taken since the start of the run
  Index epochs = 0;    // finished and measured; the next one has begun
  Score seen;          // loss and accuracy, summed over the images of the epoch that has begun, …
  Index images = 0;    // … and how many these are
  double seconds = 0;  // of work since the start, evaluations included
  std::optional<Divergence> divergence;  // the first, where a run may go on after it
};

SafetensorsFile save_checkpoint(const Standing& standing, const Sequential& model, const Sgd& sgd);

/// Puts model and optimizer back to where they were and says where that is. Throws, before anything
/// is changed, when the file is not such a checkpoint of this very model and optimizer.
Standing load_checkpoint(SafetensorsFile file, Sequential& model, Sgd& sgd);

/// Throws unless the checkpoint's metadata hold each entry of `data`, which describes the data now.
void check_same_data(const SafetensorsFile& checkpoint,
                     const std::map<std::string, std::string>& data);
/// Throws unless a run of so many epochs and steps can stand there.
void check_standing(const Standing& at, Index epochs, Index steps, Index steps_per_epoch);

}  // namespace minitape
