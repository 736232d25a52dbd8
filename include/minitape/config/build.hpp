// From a config to the objects that it describes.
//
// build_model is the one place in the program that reads model.batch_norm. Off, it leaves out every
// batch_norm layer and gives the layers before them their biases back. The other layers keep their
// position in the config's list as their number, and with it their names in the saved files and the
// streams of their initial weights.
#pragma once

#include "minitape/config/config.hpp"
#include "minitape/data/batches.hpp"
#include "minitape/data/load.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/optim/schedule.hpp"
#include "minitape/optim/sgd.hpp"

namespace minitape {

/// Initialized, for examples of shape `input`, (H, W, C) or (features). Throws where the layers do
/// not fit together, naming the layer and both sides' shapes.
Sequential build_model(const Config& config, const Shape& input);

/// Whether the first conv2d's init is "whitening".
bool starts_from_images(const Config& config);

/// If so, sets its kernel from the first kWhiteningImages training images, standardized; otherwise
/// does nothing. Throws as whitening_kernel does.
void start_from_images(Sequential& model, const Config& config, const Dataset& train,
                       const Standardization& standardization);
inline constexpr Index kWhiteningImages = 5000;

/// Throws unless the model gives one number for each of `classes` classes.
void check_classes(const Sequential& model, const Shape& input, Index classes);

/// The shape of one example, known without reading any data.
Shape input_shape(const Config& config);
DataSource build_source(const Config& config);  // from [data] and the seed
/// The training set's own statistics, or none where data.standardize is off.
Standardization build_standardization(const Config& config, const Dataset& train);
BatchOptions build_batch_options(const Config& config);  // from [data], [train], the seed
SgdOptions build_sgd_options(const Config& config);      // from [optimizer]
/// Steps in all: epochs·steps_per_epoch, at most train.max_steps. Throws where there are some, but
/// fewer than optimizer.lookahead_steps.
Index total_steps(const Config& config, Index steps_per_epoch);
Schedule build_schedule(const Config& config, Index steps_per_epoch);  // over total_steps

}  // namespace minitape
