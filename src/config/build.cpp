#include "minitape/config/build.hpp"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <utility>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/simple_layers.hpp"

namespace minitape {
namespace {

// ---- Layers ----

// The value that belongs to a name. Configs from files have been checked; one made in code may hold
// anything.
template <class Value>
Value choose(const std::string& key, const std::string& name,
             std::initializer_list<std::pair<const char*, Value>> choices) {
  for (const auto& [choice, value] : choices) {
    if (name == choice) return value;
  }
  throw Error(concat("[config] ", key, " cannot be \"", name, "\""));
}

Init build_init(const InitConfig& config) {
  using Kind = Init::Kind;
  const Kind kind = choose<Kind>("init.type", config.type,
                                 {{"he_normal", Kind::he_normal},
                                  {"he_uniform", Kind::he_uniform},
                                  {"glorot_normal", Kind::glorot_normal},
                                  {"glorot_uniform", Kind::glorot_uniform},
                                  {"normal", Kind::normal},
                                  {"uniform", Kind::uniform},
                                  {"zeros", Kind::zeros}});
  return {kind, kind == Kind::uniform ? config.limit : config.stddev};
}

BatchNormOptions build_batch_norm(const BatchNormConfig& section, const LayerConfig& layer) {
  using Running = RunningStatistics;
  return {.epsilon = layer.epsilon.value_or(section.epsilon),
          .ema_decay = layer.ema_decay.value_or(section.ema_decay),
          .running = choose<Running>("batch_norm.running", layer.running.value_or(section.running),
                                     {{"ema", Running::ema},
                                      {"debiased_ema", Running::debiased_ema},
                                      {"cumulative", Running::cumulative}}),
          .unbiased_running_variance =
              choose<bool>("batch_norm.running_variance",
                           layer.running_variance.value_or(section.running_variance),
                           {{"unbiased", true}, {"biased", false}})};
}

Sequential build_layers(const Config& config, const std::vector<LayerConfig>& layers,
                        const Shape& input);

// One layer for inputs of `shape`, with a bias if `bias` and the config does not say otherwise.
std::unique_ptr<Layer> build_layer(const Config& config, const LayerConfig& layer,
                                   const Shape& shape, bool bias) {
  const std::string& type = layer.type;
  const KernelOptions kernel{.bias = layer.bias.value_or(bias),
                             .init = build_init(layer.init.value_or(config.model.init))};
  if (type == "conv2d") {
    return std::make_unique<Conv2D>(shape.channels(), layer.filters, layer.kernel,
                                    Conv2DOptions{layer.stride, layer.padding}, kernel);
  }
  if (type == "dense") return std::make_unique<Dense>(shape.channels(), layer.units, kernel);
  if (type == "batch_norm") {
    return std::make_unique<BatchNorm>(shape.channels(),
                                       build_batch_norm(config.batch_norm, layer));
  }
  if (type == "relu") return std::make_unique<Activation>(Activation::relu);
  if (type == "leaky_relu")
    return std::make_unique<Activation>(Activation::leaky_relu, layer.slope);
  if (type == "sigmoid") return std::make_unique<Activation>(Activation::sigmoid);
  if (type == "tanh") return std::make_unique<Activation>(Activation::tanh);
  if (type == "max_pool" || type == "avg_pool") {
    return std::make_unique<Pool>(type == "max_pool" ? Pool::max : Pool::avg,
                                  PoolOptions{layer.size, layer.stride, layer.padding});
  }
  if (type == "global_avg_pool") return std::make_unique<GlobalAvgPool>();
  if (type == "flatten") return std::make_unique<Flatten>();
  if (type == "dropout") return std::make_unique<Dropout>(layer.rate);
  MINITAPE_CHECK(type == "residual", "[model] there is no layer type \"", type, "\"");
  return std::make_unique<Residual>(build_layers(config, layer.layers, shape));
}

Sequential build_layers(const Config& config, const std::vector<LayerConfig>& layers,
                        const Shape& input) {
  const auto present = [&](const LayerConfig& layer) {
    return layer.type != "batch_norm" || config.model.batch_norm;
  };
  Sequential model;
  Shape shape = input;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!present(layers[i])) continue;
    // A bias in front of batch norm would be subtracted again with the mean.
    const bool batch_norm_follows =
        i + 1 < layers.size() && layers[i + 1].type == "batch_norm" && present(layers[i + 1]);
    model.add_at(static_cast<Index>(i), build_layer(config, layers[i], shape, !batch_norm_follows));
    shape = model.output_shape(input);  // throws where the new layer does not fit
  }
  return model;
}

}  // namespace

Sequential build_model(const Config& config, const Shape& input) {
  Sequential model = build_layers(config, config.model.layers, input);
  model.initialize(config.seed);
  return model;
}

void check_classes(const Sequential& model, const Shape& input, Index classes) {
  const Shape output = model.output_shape(input);
  MINITAPE_CHECK(output == Shape{classes},
                 "[model] the last layer must give one number for each of the ", classes,
                 " classes, shape (", classes, "): it gives ", output,
                 ". End model.layers with { type = \"dense\", units = ", classes, " }");
}

// ---- Data ----

Shape input_shape(const Config& config) {
  return config.data.name == "none" ? config.data.input : image_shape(build_source(config));
}

DataSource build_source(const Config& config) {
  // The seed makes the images of a set made in code. Others are the same for every seed, so that a
  // comparison over seeds reads them once.
  const bool made_in_code = config.data.name == "digits" || config.data.name == "shapes";
  return {.name = config.data.name,
          .dir = config.data.dir,
          .train_limit = config.data.train_limit,
          .test_limit = config.data.test_limit,
          .seed = made_in_code ? config.seed : 0,
          .image_size = config.data.image_size,
          .channels = config.data.channels};
}

Standardization build_standardization(const Config& config, const Dataset& train) {
  return config.data.standardize ? Standardization::of(train)
                                 : Standardization::none(train.image_shape.channels());
}

BatchOptions build_batch_options(const Config& config) {
  const auto wants = [&](const char* what) {
    return std::ranges::count(config.data.augment, what) > 0;
  };
  return {.batch_size = config.train.batch_size,
          .shuffle = config.train.shuffle,
          .augmentation = {.flip = wants("flip"), .crop = wants("crop")},
          .seed = config.seed};
}

// ---- Optimization ----

SgdOptions build_sgd_options(const Config& config) {
  return {.momentum = config.optimizer.momentum,
          .nesterov = config.optimizer.nesterov,
          .weight_decay = config.optimizer.weight_decay};
}

Index total_steps(const Config& config, Index steps_per_epoch) {
  const Index steps = config.train.epochs * steps_per_epoch;
  return config.train.max_steps > 0 ? std::min(steps, config.train.max_steps) : steps;
}

Schedule build_schedule(const Config& config, Index steps_per_epoch) {
  const ScheduleConfig& s = config.schedule;
  return {.kind = choose<Schedule::Kind>("schedule.name", s.name,
                                         {{"constant", Schedule::Kind::constant},
                                          {"step", Schedule::Kind::step},
                                          {"cosine", Schedule::Kind::cosine},
                                          {"one_cycle", Schedule::Kind::one_cycle}}),
          .peak = config.optimizer.learning_rate,
          .total_steps = std::max<Index>(1, total_steps(config, steps_per_epoch)),
          .warmup_steps = s.warmup_steps,
          .every = s.step_epochs * steps_per_epoch,
          .factor = s.factor,
          .warmup_fraction = s.warmup_fraction,
          .div_factor = s.div_factor,
          .final_div_factor = s.final_div_factor};
}

}  // namespace minitape
