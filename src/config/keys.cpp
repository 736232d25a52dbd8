// The table of all keys: name, field, what values it takes, what it is for. A key that is not here
// does not exist; a new key is a field in config.hpp and a line here.
#include "config/keys.hpp"

#include <limits>

#include "minitape/data/load.hpp"

namespace minitape {
namespace {

// Upper bounds far above any sensible config. They keep the size of a batch of activations, at most
// kMaxExtent * kMaxInput * kMaxExtent, within 64 bits. (If padding adds more, Shape refuses.)
constexpr Index kMaxExtent = 100'000;       // channels, units, images of a batch
constexpr Index kMaxInput = 100'000'000;    // all numbers of one example
constexpr Index kMaxWindow = 1'000;         // kernels, strides and padding, in pixels
constexpr Index kMaxCount = 1'000'000'000;  // images, epochs, steps
constexpr double kMaxNumber = 1e9;          // rates and factors

}  // namespace

void add_keys(DataConfig& data, KeyList& keys) {
  keys.add("name", data.name,
           one_of({"digits", "shapes", "mnist", "fashion_mnist", "cifar10", "folder", "none"}),
           "the images");
  keys.add("dir", data.dir, any_text(), "where data files are; \"\" = $MINITAPE_DATA, else ./data");
  keys.add("train_limit", data.train_limit, integers(0, kMaxCount), "first N images; 0 = all");
  keys.add("test_limit", data.test_limit, integers(0, kMaxCount), "first N images; 0 = all");
  keys.add("standardize", data.standardize, flag(), "per channel, as the training set is");
  keys.add("augment", data.augment, some_of({"flip", "alternating_flip", "crop", "shift"}),
           "of training images");
  keys.add("shift", data.shift, integers(1, kMaxImageSize), "shift: by up to so many pixels");
  keys.add("image_size", data.image_size, integers(1, kMaxImageSize),
           "folder: height and width that images get");
  keys.add("channels", data.channels, integers(1, 3), "folder: 1 = grey, 3 = colour");
  keys.add("input", data.input, example_shape(kMaxExtent, kMaxInput),
           "shape of an example where name is none");
}

void add_keys(InitConfig& init, KeyList& keys) {
  keys.subject = "an init of type " + init.type;
  keys.add("type", init.type,
           one_of({"he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "normal",
                   "uniform", "zeros", "identity", "whitening"}),
           "how kernels start");
  if (init.type == "normal") {
    keys.add("stddev", init.stddev, numbers(0, kMaxNumber), "standard deviation");
  } else if (init.type == "uniform") {
    keys.add("limit", init.limit, numbers(0, kMaxNumber), "from -limit to limit");
  }
}

// [batch_norm], or one layer with its own values: the same keys.
template <class Fields>
void add_batch_norm_keys(Fields& fields, KeyList& keys) {
  keys.add("epsilon", fields.epsilon, numbers(1e-12, 1000), "added to the variance");
  keys.add("ema_decay", fields.ema_decay, numbers(0, 1), "weight of the old running value");
  keys.add("running", fields.running, one_of({"ema", "debiased_ema", "cumulative"}),
           "how running statistics follow the batches");
  keys.add("running_variance", fields.running_variance, one_of({"unbiased", "biased"}),
           "divided by n - 1 or by n");
  keys.add("statistics", fields.statistics, one_of({"batch", "batch_as_constant", "running"}),
           "what normalizes in training");
  keys.add("ghost_batch", fields.ghost_batch, integers(0, kMaxExtent),
           "images normalized together; 0 = the batch");
  keys.add("group_norm", fields.group_norm, integers(0, kMaxExtent),
           "group norm of so many groups instead; 0 = no");
  keys.add("noise", fields.noise, flag(), "random scale and shift after it, for an experiment");
}

void add_keys(BatchNormConfig& batch_norm, KeyList& keys) {
  add_batch_norm_keys(batch_norm, keys);
  keys.add("position", batch_norm.position, one_of({"before", "after"}),
           "of the activation that follows it");
  keys.add("recalibrate", batch_norm.recalibrate, one_of({"none", "average", "pooled"}),
           "running statistics measured anew before each evaluation");
  keys.add("recalibrate_batches", batch_norm.recalibrate_batches, integers(1, kMaxCount),
           "of the training set");
}

// One layer: its type, and what layers of this type take.
void add_keys(LayerConfig& layer, KeyList& keys) {
  const std::string& type = layer.type;
  const bool is_pool = type == "max_pool" || type == "avg_pool";
  keys.subject = "a " + type + " layer";
  keys.add("type", layer.type, one_of(kLayerTypes));
  if (type == "conv2d") {
    keys.add("filters", layer.filters, integers(1, kMaxExtent)).required = true;
    keys.add("kernel", layer.kernel, integers(1, kMaxWindow)).required = true;
  } else if (type == "dense") {
    keys.add("units", layer.units, integers(1, kMaxExtent)).required = true;
  } else if (type == "batch_norm") {
    add_batch_norm_keys(layer, keys);
  } else if (type == "leaky_relu") {
    keys.add("slope", layer.slope, numbers(0, 1));
  } else if (type == "dropout") {
    keys.add("rate", layer.rate, below_one()).required = true;
  } else if (type == "scale") {
    keys.add("factor", layer.factor, numbers(-kMaxNumber, kMaxNumber)).required = true;
  } else if (type == "residual" || type == "repeat") {
    keys.add_layers("layers", layer.layers).required = true;
    if (type == "repeat") keys.add("times", layer.times, integers(1, 1000)).required = true;
  } else if (is_pool) {
    keys.add("size", layer.size, integers(1, kMaxWindow)).required = true;
  }
  if (type == "conv2d" || is_pool) {
    keys.add("stride", layer.stride, integers(1, kMaxWindow));
    keys.add("padding", layer.padding, padding_up_to(kMaxWindow));
  }
  if (type == "conv2d" || type == "dense") {
    keys.add("bias", layer.bias, flag());
    keys.add_section("init", layer.init);
    keys.add("trainable", layer.trainable, flag());
  }
}

void add_keys(ModelConfig& model, KeyList& keys) {
  keys.add("batch_norm", model.batch_norm, flag(), "false removes every batch_norm layer");
  keys.add("activation", model.activation, one_of(kActivations),
           "what layers of type activation are");
  keys.add_section("init", model.init);
  keys.add_layers("layers", model.layers);
}

void add_keys(OptimizerConfig& optimizer, KeyList& keys) {
  keys.add("learning_rate", optimizer.learning_rate, numbers(0, kMaxNumber),
           "step size; the schedule's peak");
  keys.add("momentum", optimizer.momentum, below_one(), "weight of the previous update");
  keys.add("nesterov", optimizer.nesterov, flag(), "gradient plus momentum times velocity");
  keys.add("weight_decay", optimizer.weight_decay, numbers(0, kMaxNumber), "on kernels");
  keys.add("beta_factor", optimizer.beta_factor, numbers(0, kMaxNumber), "times betas' gradients");
  keys.add("decay_betas", optimizer.decay_betas, flag(), "weight_decay on betas as well");
  keys.add("lookahead_steps", optimizer.lookahead_steps, integers(0, kMaxCount),
           "every so many steps, back to slow weights; 0 = no");
  keys.add("lookahead_decay", optimizer.lookahead_decay, below_one(),
           "share of the old slow weights at the end");
  keys.add("train", optimizer.train, some_of({"kernel", "bias", "gamma", "beta"}),
           "other parameters stay as they start");
}

void add_keys(ScheduleConfig& schedule, KeyList& keys) {
  keys.add("name", schedule.name, one_of({"constant", "step", "cosine", "one_cycle"}),
           "of the learning rate");
  keys.add("warmup_steps", schedule.warmup_steps, integers(0, kMaxCount), "linear growth first");
  keys.add("step_epochs", schedule.step_epochs, integers(1, kMaxCount), "step: every N epochs ...");
  keys.add("factor", schedule.factor, numbers(0, 1), "... times this");
  keys.add("warmup_fraction", schedule.warmup_fraction, numbers(0, 1), "one_cycle: the way up");
  keys.add("div_factor", schedule.div_factor, numbers(1, kMaxNumber),
           "one_cycle: starts at learning_rate / this");
  keys.add("final_div_factor", schedule.final_div_factor, numbers(1, kMaxNumber),
           "one_cycle: ends at the start / this");
  keys.add("anneal", schedule.anneal, one_of({"cosine", "linear"}), "one_cycle: along which curve");
}

void add_keys(TrainConfig& train, KeyList& keys) {
  keys.add("epochs", train.epochs, integers(0, kMaxCount), "passes over the training set");
  keys.add("batch_size", train.batch_size, integers(1, kMaxExtent), "images");
  keys.add("drop_last", train.drop_last, flag(), "leave out an incomplete last batch");
  keys.add("label_smoothing", train.label_smoothing, below_one(),
           "of the target, shared out among all classes");
  keys.add("views", train.views, one_of({"none", "mirrored", "shifted"}),
           "of a test image, averaged at the end: views.csv");
  keys.add("max_steps", train.max_steps, integers(0, kMaxCount), "end early; 0 = never");
  keys.add("shuffle", train.shuffle, flag(), "anew in every epoch");
  keys.add("sort_by_class", train.sort_by_class, flag(), "batches of one class");
  keys.add("stop_on_divergence", train.stop_on_divergence, flag(),
           "a loss that is not finite ends the run");
  keys.add("checkpoint_seconds", train.checkpoint_seconds, numbers(0, kMaxNumber),
           "from one checkpoint to the next; 0 = every step");
}

void add_keys(Config& config, KeyList& keys) {
  keys.add("seed", config.seed, integers(0, std::numeric_limits<Index>::max()),
           "of every random number");
  keys.add("diagnostics", config.diagnostics, flag(), "write layers.csv and probes.csv");
  keys.add_section("data", config.data);
  keys.add_section("model", config.model);
  keys.add_section("batch_norm", config.batch_norm);
  keys.add_section("optimizer", config.optimizer);
  keys.add_section("schedule", config.schedule);
  keys.add_section("train", config.train);
}

// ---- The list ----

std::vector<std::string> KeyList::names() const {
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(key.name);
  return names;
}

std::vector<Key> KeyList::flattened(const std::string& prefix) const {
  std::vector<Key> all;
  for (Key key : keys) {
    key.name = prefix + key.name;
    all.push_back(key);
    if (!key.keys) continue;
    const std::vector<Key> inner = key.keys().flattened(key.name + ".");
    all.insert(all.end(), inner.begin(), inner.end());
  }
  return all;
}

Key& KeyList::add_layers(const std::string& name, std::vector<LayerConfig>& field) {
  return keys.emplace_back(Key{.name = name,
                               .expected = "a list of layers",
                               .text = [&field] { return toml_text(field); },
                               .layers = &field});
}

void KeyList::add_section(const std::string& name, std::optional<InitConfig>& init) {
  keys.push_back({.name = name,
                  .prepare = [&init](const toml::table&) { init.emplace(); },
                  .keys = [&init] { return init ? list_keys(*init) : KeyList{}; }});
}

}  // namespace minitape
