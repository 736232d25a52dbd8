// What training saves in safetensors files: the model with all that is needed to use it, and
// checkpoints, with all that is needed to go on as if training had never stopped.
//
// A model's tensors are its parameters and running statistics, under its own names for them:
// "0.conv2d.kernel", "1.batch_norm.gamma", "1.batch_norm.running_mean", …
// Its metadata describe the images that it was trained on, each as JSON text:
//
//   image_shape  [28, 28, 1]            class_names  ["0", "1", …]
//   mean         [0.1307], a number     deviation    [0.3081]
//                for each channel                    (see Standardization)
//
// A checkpoint has the model's tensors and, beside them,
//
//   <layer>.<counter>              how many updates of a batch norm, how many masks of a dropout
//   optimizer.velocity.<parameter> SGD's velocities
//   optimizer.slow.<tensor>        lookahead's slow copies, of the parameters and statistics
//   run.…                          where the run stands: the fields of Standing below
//
// Random streams need no state of their own: each is named by seed, epoch, image or count, so where
// the run stands says which one comes next.
#pragma once

#include <optional>

#include "minitape/data/dataset.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/optim/sgd.hpp"
#include "minitape/run/safetensors.hpp"

namespace minitape {

// ---- The model ----

/// All parameters, then all buffers.
SafetensorsFile save_model(const Sequential& model);

/// Sets the model's parameters and buffers. Throws, before anything is changed, when a tensor is
/// missing, superfluous or of another shape, or when a running variance is not a number >= 0.
void load_model(Sequential& model, const SafetensorsFile& file);

/// How images become inputs, and what the outputs are called.
struct DataFacts {
  Shape image_shape;                     // (H, W, C)
  std::vector<std::string> class_names;  // [classes]
  Standardization standardization;       // [C]
};

/// As metadata for a file. Letters that are no UTF-8 in a class's name are replaced.
std::map<std::string, std::string> save_data_facts(const DataFacts& facts);
/// Throws when the file has no such metadata, or damaged ones.
DataFacts load_data_facts(const SafetensorsFile& file);

// ---- Checkpoints ----

/// Loss in nats and accuracy as a part of 1: means over some examples, or sums over them.
struct Score {
  double loss = 0, accuracy = 0;
};

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
/// All that load_checkpoint needs: the state of model and optimizer, `standing` and, with
/// lookahead, the slow copy of the model.
SafetensorsFile save_checkpoint(const Standing& standing, const Sequential& model, const Sgd& sgd,
                                const Sequential& slow = {});

/// Puts model and optimizer back to where they were and says where that is. Throws, before anything
/// is changed, when the file is not such a checkpoint of this very model and optimizer.
Standing load_checkpoint(SafetensorsFile file, Sequential& model, Sgd& sgd, LayerState slow = {});

/// Throws unless the checkpoint's metadata hold each entry of `data`, which describes the data now.
void check_same_data(const SafetensorsFile& checkpoint,
                     const std::map<std::string, std::string>& data);
/// Throws unless a run of so many epochs and steps can stand there.
void check_standing(const Standing& at, Index epochs, Index steps, Index steps_per_epoch);

}  // namespace minitape
