// The one list of all keys: name, field, what values it takes, what it is for.
//
// Reading, checking, `--set`, suggestions, writing and comparing configs all follow from this list.
// Each of them is a visitor, an object with two functions:
//
//   key(name, field, rule, help)   is called for each key
//   section(name, fields)          for each table of keys within; goes on with visit_keys(fields)
//
// and required(…), which is key(…) for a key without which a layer makes no sense. The fields come
// as references, so a visitor may fill them; one that only looks visits a copy.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "minitape/config/config.hpp"
#include "minitape/data/image_folder.hpp"

namespace minitape {

// What values a key takes, beyond the type of its field.
struct Anything {};
struct Integers {  // least … most
  Index least, most;
};
struct Numbers {  // least … most, without most itself when `below_most`
  double least, most;
  bool below_most = false;
};
struct Choices {
  std::vector<std::string> names;
};

// Bounds that nobody meets by intention. They keep the size of a batch of activations, which is at
// most kMaxExtent * kMaxInput * kMaxExtent, within 64 bits; where padding adds more, Shape refuses.
inline constexpr Index kMaxExtent = 100'000;       // channels, units, images of a batch
inline constexpr Index kMaxInput = 100'000'000;    // all numbers of one example
inline constexpr Index kMaxWindow = 1'000;         // kernels, strides and padding, in pixels
inline constexpr Index kMaxCount = 1'000'000'000;  // images, epochs, steps
inline constexpr double kMaxNumber = 1e9;          // rates and factors

inline const Choices kLayerTypes{{"conv2d", "dense", "batch_norm", "relu", "leaky_relu", "sigmoid",
                                  "tanh", "max_pool", "avg_pool", "global_avg_pool", "flatten",
                                  "dropout", "residual"}};

template <class Visitor>
void visit_keys(DataConfig& data, Visitor& keys) {
  keys.key("name", data.name,
           Choices{{"digits", "shapes", "mnist", "fashion_mnist", "cifar10", "folder", "none"}},
           "the images");
  keys.key("dir", data.dir, Anything{}, "where data files are; \"\" = $MINITAPE_DATA, else ./data");
  keys.key("train_limit", data.train_limit, Integers{0, kMaxCount}, "first N images; 0 = all");
  keys.key("test_limit", data.test_limit, Integers{0, kMaxCount}, "first N images; 0 = all");
  keys.key("standardize", data.standardize, Anything{}, "per channel, as the training set is");
  keys.key("augment", data.augment, Choices{{"flip", "crop"}}, "of training images");
  keys.key("image_size", data.image_size, Integers{1, kMaxImageSize},
           "folder: height and width that images get");
  keys.key("channels", data.channels, Integers{1, 3}, "folder: 1 = grey, 3 = colour");
  keys.key("input", data.input, Integers{1, kMaxExtent}, "shape of an example where name is none");
}

template <class Visitor>
void visit_keys(InitConfig& init, Visitor& keys) {
  keys.key("type", init.type,
           Choices{{"he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "normal",
                    "uniform", "zeros"}},
           "how kernels start");
  if (init.type == "normal") {
    keys.key("stddev", init.stddev, Numbers{0, kMaxNumber}, "standard deviation");
  }
  if (init.type == "uniform") {
    keys.key("limit", init.limit, Numbers{0, kMaxNumber}, "from -limit to limit");
  }
}

/// [batch_norm], or one layer with its own values: the same keys.
template <class Fields, class Visitor>
void visit_batch_norm_keys(Fields& fields, Visitor& keys) {
  keys.key("epsilon", fields.epsilon, Numbers{1e-12, 1000}, "added to the variance");
  keys.key("ema_decay", fields.ema_decay, Numbers{0, 1}, "weight of the old running value");
  keys.key("running", fields.running, Choices{{"ema", "debiased_ema", "cumulative"}},
           "how running statistics follow the batches");
  keys.key("running_variance", fields.running_variance, Choices{{"unbiased", "biased"}},
           "divided by n - 1 or by n");
}

template <class Visitor>
void visit_keys(BatchNormConfig& batch_norm, Visitor& keys) {
  visit_batch_norm_keys(batch_norm, keys);
}

/// The keys of one layer: its type, and what layers of this type take.
template <class Visitor>
void visit_keys(LayerConfig& layer, Visitor& keys) {
  keys.required("type", layer.type, kLayerTypes);
  if (layer.type == "conv2d") {
    keys.required("filters", layer.filters, Integers{1, kMaxExtent});
    keys.required("kernel", layer.kernel, Integers{1, kMaxWindow});
  } else if (layer.type == "dense") {
    keys.required("units", layer.units, Integers{1, kMaxExtent});
  } else if (layer.type == "batch_norm") {
    visit_batch_norm_keys(layer, keys);
  } else if (layer.type == "leaky_relu") {
    keys.key("slope", layer.slope, Numbers{0, 1});
  } else if (layer.type == "dropout") {
    keys.required("rate", layer.rate, Numbers{0, 1, true});
  } else if (layer.type == "residual") {
    keys.required("layers", layer.layers, Anything{});
  }
  const bool is_pool = layer.type == "max_pool" || layer.type == "avg_pool";
  if (is_pool) {
    keys.required("size", layer.size, Integers{1, kMaxWindow});
  }
  if (is_pool || layer.type == "conv2d") {
    keys.key("stride", layer.stride, Integers{1, kMaxWindow});
    keys.key("padding", layer.padding, Integers{0, kMaxWindow});
  }
  if (layer.type == "conv2d" || layer.type == "dense") {
    keys.key("bias", layer.bias, Anything{});
    keys.section("init", layer.init);
  }
}

template <class Visitor>
void visit_keys(ModelConfig& model, Visitor& keys) {
  keys.key("batch_norm", model.batch_norm, Anything{}, "false removes every batch_norm layer");
  keys.section("init", model.init);
  keys.key("layers", model.layers, Anything{});
}

template <class Visitor>
void visit_keys(OptimizerConfig& optimizer, Visitor& keys) {
  keys.key("learning_rate", optimizer.learning_rate, Numbers{0, kMaxNumber},
           "step size; the schedule's peak");
  keys.key("momentum", optimizer.momentum, Numbers{0, 1, true}, "weight of the previous update");
  keys.key("nesterov", optimizer.nesterov, Anything{}, "look ahead along the momentum");
  keys.key("weight_decay", optimizer.weight_decay, Numbers{0, kMaxNumber}, "on kernels alone");
}

template <class Visitor>
void visit_keys(ScheduleConfig& schedule, Visitor& keys) {
  keys.key("name", schedule.name, Choices{{"constant", "step", "cosine", "one_cycle"}},
           "of the learning rate");
  keys.key("warmup_steps", schedule.warmup_steps, Integers{0, kMaxCount}, "linear growth first");
  keys.key("step_epochs", schedule.step_epochs, Integers{1, kMaxCount}, "step: every N epochs ...");
  keys.key("factor", schedule.factor, Numbers{0, 1}, "... times this");
  keys.key("warmup_fraction", schedule.warmup_fraction, Numbers{0, 1}, "one_cycle: the way up");
  keys.key("div_factor", schedule.div_factor, Numbers{1, kMaxNumber},
           "one_cycle: starts at learning_rate / this");
  keys.key("final_div_factor", schedule.final_div_factor, Numbers{1, kMaxNumber},
           "one_cycle: ends at the start / this");
}

template <class Visitor>
void visit_keys(TrainConfig& train, Visitor& keys) {
  keys.key("epochs", train.epochs, Integers{0, kMaxCount}, "passes over the training set");
  keys.key("batch_size", train.batch_size, Integers{1, kMaxExtent}, "images");
  keys.key("max_steps", train.max_steps, Integers{0, kMaxCount}, "end early; 0 = never");
  keys.key("shuffle", train.shuffle, Anything{}, "anew in every epoch");
  keys.key("stop_on_divergence", train.stop_on_divergence, Anything{},
           "a loss that is not finite ends the run");
  keys.key("checkpoint_seconds", train.checkpoint_seconds, Numbers{0, kMaxNumber},
           "from one checkpoint to the next; 0 = every step");
}

template <class Visitor>
void visit_keys(Config& config, Visitor& keys) {
  keys.key("seed", config.seed, Integers{0, std::numeric_limits<Index>::max()},
           "of every random number");
  keys.section("data", config.data);
  keys.section("model", config.model);
  keys.section("batch_norm", config.batch_norm);
  keys.section("optimizer", config.optimizer);
  keys.section("schedule", config.schedule);
  keys.section("train", config.train);
}

}  // namespace minitape
