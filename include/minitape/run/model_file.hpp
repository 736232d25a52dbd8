// A model in a safetensors file, with all that is needed to use it.
//
// Tensors: the parameters and the running statistics, under the names that the model gives them:
// "0.conv2d.kernel", "1.batch_norm.gamma", "1.batch_norm.running_mean", …
// Metadata: what the network must know of the images that it was trained on, each as JSON text:
//
//   image_shape  [28, 28, 1]            class_names  ["0", "1", …]
//   mean         [0.1307], a number     deviation    [0.3081]
//                for each channel                    (see Standardization)
#pragma once

#include "minitape/data/dataset.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/run/safetensors.hpp"

namespace minitape {

/// All parameters, then all buffers.
SafetensorsFile save_model(const Sequential& model);

/// Whether running variances must be numbers >= 0. After a run has diverged they can be anything.
enum class Statistics { valid, any };

/// Sets the model's parameters and buffers. Throws, before anything is changed, when a tensor is
/// missing, superfluous or of another shape, or when the statistics are not as they must be.
void load_model(Sequential& model, const SafetensorsFile& file,
                Statistics statistics = Statistics::valid);

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

}  // namespace minitape
