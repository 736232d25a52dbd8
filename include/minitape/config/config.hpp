// Config: everything an experiment depends on, one struct for a section, one field for a key.
//
// A config file is TOML. Its sections and keys have the names of the structs' fields below, so this
// page is the reference of all keys, their defaults, units and ranges:
//
//   seed = 1
//   [optimizer]
//   learning_rate = 0.1                # Config::optimizer.learning_rate
//   [model]
//   layers = [
//     { type = "dense", units = 10 },  # a LayerConfig
//   ]
//
// A key that is not in the file keeps its default. A key that does not exist, a value of the wrong
// type or out of its range is an error that says where, what was expected and what was found. (All
// bounds are in src/config/config_keys.hpp; sizes end where no computer goes.) Whether the
// layers fit together is checked later, when the model is built.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "minitape/core/tensor.hpp"
#include "minitape/ops/window.hpp"

namespace minitape {

/// [data]: the images.
struct DataConfig {
  std::string name = "mnist";  // digits | shapes | mnist | fashion_mnist | cifar10 | folder | none
  // Holds the data sets' folders; "" = $MINITAPE_DATA, else ./data. For folder it is the folder
  // with train/CLASS/*.png and test/CLASS/*.png (or .jpg, .jpeg); "" = $MINITAPE_DATA.
  std::string dir;
  Index train_limit = 0;             // the first N training images only; 0 = all
  Index test_limit = 0;              // the first N test images only; 0 = all
  bool standardize = true;           // per channel, with the statistics of the training set
  std::vector<std::string> augment;  // of the training images: flip, crop
  Index image_size = 32;             // folder: height and width that images get; from 1 to 4096
  Index channels = 3;                // folder: 1 (grey) or 3 (colour)
  // The shape of one example, (30) or (100, 200, 3), for data.name = "none": a model without data,
  // which can be summarized, timed and gradient-checked but not trained. () = the data set's own.
  Shape input;
  bool operator==(const DataConfig&) const = default;
};

/// init = { type = "normal", stddev = 0.05 }: how a kernel starts.
struct InitConfig {
  // he_normal | he_uniform | glorot_normal | glorot_uniform | normal | uniform | zeros
  std::string type = "he_normal";
  double stddev = 0.05;  // normal: its standard deviation, 0 or more
  double limit = 0.05;   // uniform: in [-limit, limit], 0 or more
  bool operator==(const InitConfig&) const = default;
};

/// One entry of model.layers. Which keys it takes depends on its type; the fields of other types
/// keep their defaults.
struct LayerConfig {
  // conv2d | dense | batch_norm | relu | leaky_relu | sigmoid | tanh | max_pool | avg_pool |
  // global_avg_pool | flatten | dropout | residual
  std::string type;

  Index filters = 0;                // conv2d: output channels; required
  Index kernel = 0;                 // conv2d: height and width of the kernel; required
  Index units = 0;                  // dense: outputs; required
  std::optional<bool> bias;         // conv2d, dense; unset = only if no batch norm follows
  std::optional<InitConfig> init;   // conv2d, dense; unset = model.init
  Index size = 0;                   // max_pool, avg_pool: height and width of the window; required
  Index stride = 1;                 // conv2d: 1, pools: size, unless given
  Padding padding;                  // conv2d, pools: "valid", "same" or pixels on all four sides
  double slope = 0.01;              // leaky_relu: for x < 0; from 0 to 1
  double rate = 0;                  // dropout: the part set to 0, from 0 to below 1; required
  std::vector<LayerConfig> layers;  // residual: the branch that is added to its input; required

  // batch_norm; unset = the key of the same name in [batch_norm]
  std::optional<double> epsilon, ema_decay;
  std::optional<std::string> running, running_variance;

  bool operator==(const LayerConfig&) const = default;
};

/// [model]: the network.
struct ModelConfig {
  bool batch_norm = true;  // false removes every batch_norm layer and puts the biases back
  InitConfig init;         // of every kernel whose layer has no init of its own
  std::vector<LayerConfig> layers;
  bool operator==(const ModelConfig&) const = default;
};

/// [batch_norm]: for all batch_norm layers; each may override.
struct BatchNormConfig {
  double epsilon = 1e-5;   // added to the variance; from 1e-12 to 1000
  double ema_decay = 0.9;  // weight of the OLD running value, from 0 to 1 (PyTorch: 1 - momentum)
  std::string running = "ema";                // ema | debiased_ema | cumulative
  std::string running_variance = "unbiased";  // unbiased | biased
  bool operator==(const BatchNormConfig&) const = default;
};

/// [optimizer]: stochastic gradient descent.
struct OptimizerConfig {
  double learning_rate = 0.1;  // the schedule's peak; 0 or more
  double momentum = 0.9;       // weight of the previous update, from 0 to below 1
  bool nesterov = false;
  double weight_decay = 0;  // on kernels alone; 0 or more
  bool operator==(const OptimizerConfig&) const = default;
};

/// [schedule]: the learning rate over the steps of training.
struct ScheduleConfig {
  std::string name = "constant";  // constant | step | cosine | one_cycle
  Index warmup_steps = 0;         // the rate first grows linearly; one_cycle: length of the way up
  Index step_epochs = 10;         // step: every so many epochs …
  double factor = 0.1;            // … the rate is multiplied by this, from 0 to 1
  // one_cycle is PyTorch's OneCycleLR: from learning_rate / div_factor up to learning_rate, then
  // down to learning_rate / div_factor / final_div_factor, each along half a cosine.
  double warmup_fraction = 0.3;   // one_cycle: the way up as a part of all steps, 0 to 1, used if
                                  // warmup_steps is 0 (PyTorch: pct_start)
  double div_factor = 25;         // one_cycle: 1 or more
  double final_div_factor = 1e4;  // one_cycle: 1 or more
  bool operator==(const ScheduleConfig&) const = default;
};

/// [train]: how long, and in what portions.
struct TrainConfig {
  Index epochs = 5;                // 0 = measure the untrained model
  Index batch_size = 128;          // images
  Index max_steps = 0;             // stop after so many steps; 0 = after the epochs
  bool shuffle = true;             // false: the data set's first images in order, in every epoch
  bool stop_on_divergence = true;  // a loss that is not finite ends the run
  double checkpoint_seconds = 30;  // from one checkpoint to the next, at least; 0 = every step
  bool operator==(const TrainConfig&) const = default;
};

struct Config {
  std::uint64_t seed = 1;  // every random number follows from it; below 2^63
  DataConfig data;
  ModelConfig model;
  BatchNormConfig batch_norm;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  TrainConfig train;
  bool operator==(const Config&) const = default;
};

/// Reads a config file, then applies assignments such as "train.epochs=3" or "data.name=digits" in
/// order. An assigned value is TOML; where it is not, a bare word is taken as a string. A list
/// replaces the whole list. Throws Error naming file, line and column (or the assignment) and key.
Config read_config(const std::filesystem::path& file,
                   const std::vector<std::string>& assignments = {});

/// The same for text that is already in memory. `source_name` stands for the file in errors.
/// Throws nothing but Error, whatever the bytes.
Config parse_config(std::string_view toml, const std::string& source_name,
                    const std::vector<std::string>& assignments = {});

/// All keys with their values, as TOML that reads back to an equal Config.
std::string to_toml(const Config& config);

/// The keys whose values differ, such as "model.batch_norm". The layers are one key,
/// "model.layers"; the kernels' init is up to two, such as "model.init.type" and
/// "model.init.stddev".
std::vector<std::string> differing_keys(const Config& a, const Config& b);

}  // namespace minitape
