// Config: everything a run depends on, one struct for a section, one field for a key.
//
//   config.hpp            the sections, their fields and defaults; reading, writing, comparing
//   build.hpp             from a config to the objects; the one place that reads model.batch_norm
//   src/config/keys.cpp   the table of all keys: name, field, values, what it is for
//
// The room config/ includes text/, data/ and the core. run/ and all rooms after it may include it.
//
// A config file is TOML. Its sections and keys have the names of the structs' fields below:
//
//   seed = 1
//   [optimizer]
//   learning_rate = 0.1                            # Config::optimizer.learning_rate
//   [model]
//   layers = [ { type = "dense", units = 10 }, ]   # a LayerConfig each
//
// A key that is not in the file keeps its default. An unknown key or a value that does not fit is
// an error that says where, what was expected and what was found. Whether the layers fit together
// is checked when the model is built.
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
  std::string name = "mnist";
  std::string dir;  // holds the data sets' folders, for "folder" train/ and test/
  Index train_limit = 0, test_limit = 0;  // the first N images only; 0 = all
  bool standardize = true;                // per channel, with the statistics of the training set
  std::vector<std::string> augment;
  Index shift = 2;                      // shift: by up to so many pixels
  Index image_size = 32, channels = 3;  // for "folder"
  Shape input;  // for "none": a model without data, to summarize, time and gradient-check
  bool operator==(const DataConfig&) const = default;
};

/// init = { type = "normal", stddev = 0.05 }: how a kernel starts.
struct InitConfig {
  std::string type = "he_normal";
  double stddev = 0.05;  // normal
  double limit = 0.05;   // uniform: in [-limit, limit]
  bool operator==(const InitConfig&) const = default;
};

/// One entry of model.layers. Which keys it takes depends on its type (src/config/keys.cpp); the
/// fields of other types keep their defaults. "repeat" is read as its layers, so many times.
struct LayerConfig {
  std::string type;
  Index filters = 0;               // conv2d: output channels
  Index kernel = 0;                // conv2d: height and width of the kernel
  Index units = 0;                 // dense: outputs
  std::optional<bool> bias;        // conv2d, dense; unset = only if no batch norm follows
  std::optional<InitConfig> init;  // conv2d, dense; unset = model.init
  bool trainable = true;           // conv2d, dense: whether the kernel is trained
  Index size = 0;                  // pools: height and width of the window
  Index stride = 1;                // conv2d: 1, pools: size, unless given
  Padding padding;                 // conv2d, pools: "valid", "same" or pixels on all four sides
  double slope = 0.01;             // leaky_relu: for x < 0
  double rate = 0;                 // dropout: the part set to 0
  double factor = 1;               // scale: what numbers are multiplied by
  // residual: the branch that is added to the layer's input; repeat: what, and how often
  std::vector<LayerConfig> layers;
  Index times = 0;

  // batch_norm; unset = the key of the same name in [batch_norm]
  std::optional<double> epsilon, ema_decay;
  std::optional<std::string> running, running_variance, statistics;
  std::optional<Index> ghost_batch, group_norm;
  std::optional<bool> noise;
  bool operator==(const LayerConfig&) const = default;
};

/// [model]: the network.
struct ModelConfig {
  bool batch_norm = true;           // false also gives the layers before them their biases back
  std::string activation = "relu";  // what layers of type "activation" are
  InitConfig init;                  // of every kernel whose layer has no init of its own
  std::vector<LayerConfig> layers;
  bool operator==(const ModelConfig&) const = default;
};

/// [batch_norm]: for all batch_norm layers; a layer's own values come first.
struct BatchNormConfig {
  double epsilon = 1e-5;
  double ema_decay = 0.9;  // weight of the OLD running value (PyTorch: 1 - momentum)
  std::string running = "ema";
  std::string running_variance = "unbiased";

  // Variations, for experiments (norms/layers.hpp, run/layer_by_layer.hpp).
  std::string statistics = "batch";  // what normalizes in training
  std::string position = "before";   // or "after" the activation that follows it
  Index ghost_batch = 0;             // images that are normalized together; 0 = the batch
  Index group_norm = 0;              // > 0: group norm with so many groups in its place
  bool noise = false;
  std::string recalibrate = "none";  // running statistics measured anew before each evaluation
  Index recalibrate_batches = 100;
  bool operator==(const BatchNormConfig&) const = default;
};

/// [optimizer]: stochastic gradient descent.
struct OptimizerConfig {
  double learning_rate = 0.1;  // the schedule's peak
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;        // on kernels
  double beta_factor = 1;         // of betas' gradients
  bool decay_betas = false;       // weight_decay is on betas as well
  Index lookahead_steps = 0;      // every so many steps; 0 = no lookahead
  double lookahead_decay = 0.77;  // the slow weights' share at the end
  // What is trained. The others stay as they start.
  std::vector<std::string> train{"kernel", "bias", "gamma", "beta"};
  bool operator==(const OptimizerConfig&) const = default;
};

/// [schedule]: the learning rate over the steps of training.
struct ScheduleConfig {
  std::string name = "constant";
  Index warmup_steps = 0;  // the rate first grows linearly; one_cycle: length of the way up
  Index step_epochs = 10;  // step: every so many epochs …
  double factor = 0.1;     // … the rate is multiplied by this
  // one_cycle, PyTorch's OneCycleLR: from learning_rate / div_factor up to learning_rate, then down
  // to learning_rate / div_factor / final_div_factor, each along half a cosine or a straight line.
  double warmup_fraction = 0.3;  // of all steps; used if warmup_steps is 0 (PyTorch: pct_start)
  double div_factor = 25, final_div_factor = 1e4;
  std::string anneal = "cosine";
  bool operator==(const ScheduleConfig&) const = default;
};

/// [train]: how long, and in what portions.
struct TrainConfig {
  Index epochs = 5;  // 0 = measure the untrained model
  Index batch_size = 128;
  bool drop_last = false;          // leave out what fills no batch at the end of an epoch
  double label_smoothing = 0;      // probability that is shared out among all classes
  std::string views = "none";      // of test images, after the last epoch: views.csv
  Index max_steps = 0;             // stop after so many steps; 0 = after the epochs
  bool shuffle = true;             // false: the data set's first images in order, in every epoch
  bool sort_by_class = false;      // every batch of one class, where it can be
  bool stop_on_divergence = true;  // a loss that is not finite ends the run
  double checkpoint_seconds = 30;  // from one checkpoint to the next, at least; 0 = every step
  bool operator==(const TrainConfig&) const = default;
};

struct Config {
  std::uint64_t seed = 1;    // every random number follows from it
  bool diagnostics = false;  // also write layers.csv and probes.csv
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

/// The same for text in memory, `source_name` in messages. Throws only Error, whatever the bytes.
Config parse_config(std::string_view toml, const std::string& source_name,
                    const std::vector<std::string>& assignments = {});

/// All keys with their values, as TOML that reads back to an equal Config.
std::string to_toml(const Config& config);

/// The keys whose values differ, such as "model.batch_norm". The layers are one, "model.layers";
/// the kernels' init is up to three, "model.init.type", "model.init.stddev" and "model.init.limit".
std::vector<std::string> differing_keys(const Config& a, const Config& b);

}  // namespace minitape
