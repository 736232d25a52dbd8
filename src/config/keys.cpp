// The table of all keys: name, field, what values it takes, what it is for. A key that is not here
// does not exist; a new key is a field in config.hpp and a line here.
#include "config/keys.hpp"

#include <limits>

#include "config/rules.hpp"
#include "minitape/data/image_folder.hpp"

namespace minitape {

const std::vector<std::string>& layer_types() {
  static const std::vector<std::string> types{
      "conv2d",   "dense",    "batch_norm",      "relu",    "leaky_relu", "sigmoid", "tanh",
      "max_pool", "avg_pool", "global_avg_pool", "flatten", "dropout",    "residual"};
  return types;
}

namespace {

// Upper bounds that no sensible config reaches. They keep the size of a batch of activations, at
// most kMaxExtent * kMaxInput * kMaxExtent numbers, within 64 bits. (Padding may add more; then
// Shape refuses.)
constexpr Index kMaxExtent = 100'000;       // channels, units, images of a batch
constexpr Index kMaxInput = 100'000'000;    // all numbers of one example
constexpr Index kMaxWindow = 1'000;         // kernels, strides and padding, in pixels
constexpr Index kMaxCount = 1'000'000'000;  // images, epochs, steps
constexpr double kMaxNumber = 1e9;          // rates and factors

}  // namespace

KeyList list_keys(DataConfig& data) {
  KeyList keys;
  keys.add("name", data.name,
           OneOf{{"digits", "shapes", "mnist", "fashion_mnist", "cifar10", "folder", "none"}},
           "the images");
  keys.add("dir", data.dir, Text{}, "where data files are; \"\" = $MINITAPE_DATA, else ./data");
  keys.add("train_limit", data.train_limit, Integers{0, kMaxCount}, "first N images; 0 = all");
  keys.add("test_limit", data.test_limit, Integers{0, kMaxCount}, "first N images; 0 = all");
  keys.add("standardize", data.standardize, Flag{}, "per channel, as the training set is");
  keys.add("augment", data.augment, SomeOf{{"flip", "crop"}}, "of training images");
  keys.add("image_size", data.image_size, Integers{1, kMaxImageSize},
           "folder: height and width that images get");
  keys.add("channels", data.channels, Integers{1, 3}, "folder: 1 = grey, 3 = colour");
  keys.add("input", data.input, ExampleShape{kMaxExtent, kMaxInput},
           "shape of an example where name is none");
  return keys;
}

KeyList list_keys(InitConfig& init) {
  KeyList keys;
  keys.subject = "an init of type " + init.type;
  keys.add("type", init.type,
           OneOf{{"he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "normal", "uniform",
                  "zeros"}},
           "how kernels start");
  if (init.type == "normal") {
    keys.add("stddev", init.stddev, Numbers{0, kMaxNumber}, "standard deviation");
  } else if (init.type == "uniform") {
    keys.add("limit", init.limit, Numbers{0, kMaxNumber}, "from -limit to limit");
  }
  return keys;
}

// [batch_norm], or one layer with its own values: the same keys.
template <class Fields>
void add_batch_norm_keys(Fields& fields, KeyList& keys) {
  keys.add("epsilon", fields.epsilon, Numbers{1e-12, 1000}, "added to the variance");
  keys.add("ema_decay", fields.ema_decay, Numbers{0, 1}, "weight of the old running value");
  keys.add("running", fields.running, OneOf{{"ema", "debiased_ema", "cumulative"}},
           "how running statistics follow the batches");
  keys.add("running_variance", fields.running_variance, OneOf{{"unbiased", "biased"}},
           "divided by n - 1 or by n");
}

KeyList list_keys(BatchNormConfig& batch_norm) {
  KeyList keys;
  add_batch_norm_keys(batch_norm, keys);
  return keys;
}

// One layer: its type, and what layers of this type take.
KeyList list_keys(LayerConfig& layer) {
  KeyList keys;
  const std::string& type = layer.type;
  const bool is_pool = type == "max_pool" || type == "avg_pool";
  keys.subject = "a " + type + " layer";
  keys.add("type", layer.type, OneOf{layer_types()}).required = true;
  if (type == "conv2d") {
    keys.add("filters", layer.filters, Integers{1, kMaxExtent}).required = true;
    keys.add("kernel", layer.kernel, Integers{1, kMaxWindow}).required = true;
  } else if (type == "dense") {
    keys.add("units", layer.units, Integers{1, kMaxExtent}).required = true;
  } else if (type == "batch_norm") {
    add_batch_norm_keys(layer, keys);
  } else if (type == "leaky_relu") {
    keys.add("slope", layer.slope, Numbers{0, 1});
  } else if (type == "dropout") {
    keys.add("rate", layer.rate, Numbers{0, 1, true}).required = true;
  } else if (type == "residual") {
    keys.add_layers("layers", layer.layers).required = true;
  } else if (is_pool) {
    keys.add("size", layer.size, Integers{1, kMaxWindow}).required = true;
  }
  if (type == "conv2d" || is_pool) {
    keys.add("stride", layer.stride, Integers{1, kMaxWindow});
    keys.add("padding", layer.padding, WindowPadding{Integers{0, kMaxWindow}});
  }
  if (type == "conv2d" || type == "dense") {
    keys.add("bias", layer.bias, Flag{});
    keys.add_section("init", layer.init);
  }
  return keys;
}

KeyList list_keys(ModelConfig& model) {
  KeyList keys;
  keys.add("batch_norm", model.batch_norm, Flag{}, "false removes every batch_norm layer");
  keys.add_section("init", model.init);
  keys.add_layers("layers", model.layers);
  return keys;
}

KeyList list_keys(OptimizerConfig& optimizer) {
  KeyList keys;
  keys.add("learning_rate", optimizer.learning_rate, Numbers{0, kMaxNumber},
           "step size; the schedule's peak");
  keys.add("momentum", optimizer.momentum, Numbers{0, 1, true}, "weight of the previous update");
  keys.add("nesterov", optimizer.nesterov, Flag{}, "look ahead along the momentum");
  keys.add("weight_decay", optimizer.weight_decay, Numbers{0, kMaxNumber}, "on kernels alone");
  return keys;
}

KeyList list_keys(ScheduleConfig& schedule) {
  KeyList keys;
  keys.add("name", schedule.name, OneOf{{"constant", "step", "cosine", "one_cycle"}},
           "of the learning rate");
  keys.add("warmup_steps", schedule.warmup_steps, Integers{0, kMaxCount}, "linear growth first");
  keys.add("step_epochs", schedule.step_epochs, Integers{1, kMaxCount}, "step: every N epochs ...");
  keys.add("factor", schedule.factor, Numbers{0, 1}, "... times this");
  keys.add("warmup_fraction", schedule.warmup_fraction, Numbers{0, 1}, "one_cycle: the way up");
  keys.add("div_factor", schedule.div_factor, Numbers{1, kMaxNumber},
           "one_cycle: starts at learning_rate / this");
  keys.add("final_div_factor", schedule.final_div_factor, Numbers{1, kMaxNumber},
           "one_cycle: ends at the start / this");
  return keys;
}

KeyList list_keys(TrainConfig& train) {
  KeyList keys;
  keys.add("epochs", train.epochs, Integers{0, kMaxCount}, "passes over the training set");
  keys.add("batch_size", train.batch_size, Integers{1, kMaxExtent}, "images");
  keys.add("max_steps", train.max_steps, Integers{0, kMaxCount}, "end early; 0 = never");
  keys.add("shuffle", train.shuffle, Flag{}, "anew in every epoch");
  keys.add("stop_on_divergence", train.stop_on_divergence, Flag{},
           "a loss that is not finite ends the run");
  keys.add("checkpoint_seconds", train.checkpoint_seconds, Numbers{0, kMaxNumber},
           "from one checkpoint to the next; 0 = every step");
  return keys;
}

KeyList list_keys(Config& config) {
  KeyList keys;
  keys.add("seed", config.seed, Integers{0, std::numeric_limits<Index>::max()},
           "of every random number");
  keys.add_section("data", config.data);
  keys.add_section("model", config.model);
  keys.add_section("batch_norm", config.batch_norm);
  keys.add_section("optimizer", config.optimizer);
  keys.add_section("schedule", config.schedule);
  keys.add_section("train", config.train);
  return keys;
}

// ---- The list ----

std::vector<std::string> KeyList::names() const {
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(key.name);
  return names;
}

Key& KeyList::add_layers(const std::string& name, std::vector<LayerConfig>& field) {
  Key& key = keys.emplace_back();
  key = {.name = name, .expected = "a list of layers", .layers = &field};
  key.text = [&field] { return toml_text(field); };
  return key;
}

void KeyList::add_section(const std::string& name, std::optional<InitConfig>& init) {
  Key& key = keys.emplace_back();
  key.name = name;
  key.prepare = [&init](const toml::table&) { init.emplace(); };
  key.keys = [&init] { return init ? list_keys(*init) : KeyList{}; };
}

}  // namespace minitape
