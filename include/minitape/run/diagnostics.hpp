// What goes on inside of a network while it trains: layers.csv and probes.csv, which a run writes
// with diagnostics = true.
#pragma once

#include <filesystem>

#include "minitape/config/config.hpp"
#include "minitape/data/dataset.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/run/csv.hpp"

namespace minitape {

/// layers.csv: a row per layer before training (epoch 0) and after each epoch. The layer's output y
/// and its gradient are those of the first batch of the training set, unaugmented, in training
/// mode. Losses, here and below, are without label smoothing.
///
///   mean, sd, p15, p50, p85          of all numbers of y; the 15th, 50th and 85th percentile
///   unit_p15, unit_p50, unit_p85     of y's first channel alone
///   dead                             sigmoid and tanh: part of y within 3 % of the range of either
///                                    end; other layers: part of the channels that are constant
///   gradient_norm                    √Σ (∂loss/∂y)²
///   kernel_norm, bias_norm           √Σ w² of the layer's kernel and bias
///   parameter_gradient_norm          √Σ (∂loss/∂w)² of all its parameters
///   log10_update                     of |update| / |kernel|, where the update is learning_rate /
///                                    (1 − momentum) · gradient: in all, if it stayed the same
///   inference_sd                     sd of y in inference mode: sd, if the running statistics fit
///   mean_distance, variance_distance batch norm: mean |running − batch| over the channels
///   low, high, h1, … h20             how many numbers of y are in each twentieth of low … high
///
/// probes.csv: a row per measurement, of the whole network.
///
///   test_accuracy_batch_statistics, test_accuracy_one_image
///       in training mode, for batches of train.batch_size over the first 1,000 test images, and
///       one image at a time over the first 200; of small sets no more than a twentieth as many as
///       there are training images, so that measuring takes little of the time
///   loss, loss_lowest, loss_highest
///       here, and among the steps of 1/2, 1, 2 and 4 learning rates down the gradient g
///   gradient_change, smoothness
///       the largest |g' − g| there, and the largest |g' − g| / |step| (S. Santurkar et al., "How
///       Does Batch Normalization Help Optimization?", 2018, figure 4)
///
/// What a layer does not have is nan.
class Diagnostics {
 public:
  /// Keeps the first `measured` measurements that the files in the folder have.
  Diagnostics(const std::filesystem::path& folder, const Sequential& model, Index measured);
  void measure(Index epoch, double learning_rate, const Sequential& model, const TrainTest& data,
               const Standardization& standardization, const Config& config);  // adds rows to both

 private:
  CsvWriter rows_, probes_;
};

}  // namespace minitape
