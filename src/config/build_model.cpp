// The layers of [model], one after the other.
#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <utility>

#include "config/keys.hpp"
#include "minitape/config/build.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/norms/layers.hpp"
#include "minitape/recipe/identity.hpp"
#include "minitape/recipe/layers.hpp"

namespace minitape {
namespace {

// Of a kernel with so many inputs to each output.
Init build_init(const InitConfig& config, Index fan_in) {
  using Kind = Init::Kind;
  const Kind kind = choose<Kind>("init.type", config.type,
                                 {{"he_normal", Kind::he_normal},
                                  {"he_uniform", Kind::he_uniform},
                                  {"glorot_normal", Kind::glorot_normal},
                                  {"glorot_uniform", Kind::glorot_uniform},
                                  {"normal", Kind::normal},
                                  {"uniform", Kind::uniform},
                                  {"zeros", Kind::zeros},
                                  {"identity", Kind::uniform},  // and then set_identity
                                  // Until the images are known: start_from_images.
                                  {"whitening", Kind::he_normal}});
  // Filters that set_identity leaves alone start as PyTorch's do.
  if (config.type == "identity") return {kind, 1 / std::sqrt(static_cast<double>(fan_in))};
  return {kind, kind == Kind::uniform ? config.limit : config.stddev};
}

// A layer's own values come before those of the section. Plain batch norm unless they differ.
std::unique_ptr<Layer> build_batch_norm(const BatchNormConfig& section, const LayerConfig& layer,
                                        Index channels) {
  using Running = RunningStatistics;
  using From = StatisticsFrom;
  const BatchNormOptions options{
      .epsilon = layer.epsilon.value_or(section.epsilon),
      .ema_decay = layer.ema_decay.value_or(section.ema_decay),
      .running = choose<Running>("batch_norm.running", layer.running.value_or(section.running),
                                 {{"ema", Running::ema},
                                  {"debiased_ema", Running::debiased_ema},
                                  {"cumulative", Running::cumulative}}),
      .unbiased_running_variance = choose<bool>(
          "batch_norm.running_variance", layer.running_variance.value_or(section.running_variance),
          {{"unbiased", true}, {"biased", false}})};
  const BatchNormVariation variation{
      .statistics =
          choose<From>("batch_norm.statistics", layer.statistics.value_or(section.statistics),
                       {{"batch", From::batch},
                        {"batch_as_constant", From::batch_as_constant},
                        {"running", From::running}}),
      .ghost_batch = layer.ghost_batch.value_or(section.ghost_batch),
      .noise = layer.noise.value_or(section.noise)};
  const Index groups = layer.group_norm.value_or(section.group_norm);
  if (groups > 0) return std::make_unique<GroupNorm>(channels, groups, options.epsilon);
  if (variation == BatchNormVariation{}) return std::make_unique<BatchNorm>(channels, options);
  return std::make_unique<BatchNormVariant>(channels, options, variation);
}

// What a model is built from, and what is still to be done once it has its initial values.
struct Building {
  const Config& config;
  bool sees_images = true;                  // the next layer is the first
  std::vector<Parameter*> identities = {};  // kernels to set to the identity
};

void check_whitening(const Building& building, const LayerConfig& layer, Index channels) {
  MINITAPE_CHECK(building.sees_images && layer.type == "conv2d",
                 "[model] an init of type whitening is for a first layer that is a conv2d, which "
                 "sees the images: here a ",
                 layer.type, building.sees_images ? "" : " after the first layer",
                 " has it; give that layer an init of its own");
  const Index numbers = layer.kernel * layer.kernel * channels;
  MINITAPE_CHECK(layer.filters == 2 * numbers,
                 "[model] an init of type whitening needs two filters for each of the ", numbers,
                 " numbers of a window, ", 2 * numbers, ": there are ", layer.filters);
}

// A convolution or a dense layer, with a bias if `bias` and the config does not say otherwise.
std::unique_ptr<Layer> build_kernel_layer(Building& building, const LayerConfig& layer,
                                          Index channels, bool bias) {
  const InitConfig init = layer.init.value_or(building.config.model.init);
  if (init.type == "whitening") check_whitening(building, layer, channels);
  const bool is_dense = layer.type == "dense";
  const KernelOptions options{
      .bias = layer.bias.value_or(bias),
      .init = build_init(init, is_dense ? channels : layer.kernel * layer.kernel * channels)};
  std::unique_ptr<Layer> result;
  if (is_dense) {
    result = std::make_unique<Dense>(channels, layer.units, options);
  } else {
    result = std::make_unique<Conv2D>(channels, layer.filters, layer.kernel,
                                      Conv2DOptions{layer.stride, layer.padding}, options);
  }
  Parameter* const kernel = result->state().parameters.front();
  kernel->trainable = layer.trainable;
  if (init.type == "identity") building.identities.push_back(kernel);
  return result;
}

Sequential build_layers(Building& building, const std::vector<LayerConfig>& layers,
                        const Shape& input);

// One layer for inputs of `shape`.
std::unique_ptr<Layer> build_layer(Building& building, const LayerConfig& layer, const Shape& shape,
                                   bool bias) {
  const Config& config = building.config;
  const std::string& type = layer.type == "activation" ? config.model.activation : layer.type;
  if (type == "conv2d" || type == "dense") {
    return build_kernel_layer(building, layer, shape.channels(), bias);
  }
  if (type == "batch_norm") return build_batch_norm(config.batch_norm, layer, shape.channels());
  if (type == "relu") return std::make_unique<Activation>(Activation::relu);
  if (type == "leaky_relu")
    return std::make_unique<Activation>(Activation::leaky_relu, layer.slope);
  if (type == "sigmoid") return std::make_unique<Activation>(Activation::sigmoid);
  if (type == "tanh") return std::make_unique<Activation>(Activation::tanh);
  if (type == "gelu") return std::make_unique<Gelu>();
  if (type == "scale") return std::make_unique<Scale>(layer.factor);
  if (type == "max_pool" || type == "avg_pool") {
    return std::make_unique<Pool>(type == "max_pool" ? Pool::max : Pool::avg,
                                  PoolOptions{layer.size, layer.stride, layer.padding});
  }
  if (type == "global_avg_pool") return std::make_unique<GlobalAvgPool>();
  if (type == "flatten") return std::make_unique<Flatten>();
  if (type == "dropout") return std::make_unique<Dropout>(layer.rate);
  MINITAPE_CHECK(type == "residual", "[model] there is no layer type \"", type, "\"");
  building.sees_images = false;
  return std::make_unique<Residual>(build_layers(building, layer.layers, shape));
}

bool is_activation(const LayerConfig& layer) {
  return layer.type == "activation" || std::ranges::count(kActivations, layer.type) > 0;
}

// In the order in which they are built: with batch_norm.position = "after", batch norm and the
// activation after it change places, and numbers.
std::vector<LayerConfig> ordered(std::vector<LayerConfig> layers, const Config& config) {
  for (std::size_t i = 0; i + 1 < layers.size() && config.batch_norm.position == "after"; ++i) {
    if (layers[i].type != "batch_norm" || !is_activation(layers[i + 1])) continue;
    std::swap(layers[i], layers[i + 1]);
    ++i;
  }
  return layers;
}

Sequential build_layers(Building& building, const std::vector<LayerConfig>& as_written,
                        const Shape& input) {
  const Config& config = building.config;
  const std::vector<LayerConfig> layers = ordered(as_written, config);
  const auto present = [&](const LayerConfig& layer) {
    return layer.type != "batch_norm" || config.model.batch_norm;
  };
  // A bias in front of batch norm would be subtracted again with the mean, also where a pool stands
  // between them: the largest of x + b is b more than that of x. Group norm subtracts the mean of a
  // whole group, so its channels' biases still differ (unless a group is one channel).
  const auto subtracts_bias = [&](std::size_t i) {
    while (i < layers.size() && layers[i].size > 0) ++i;  // pools have a size
    return i < layers.size() && layers[i].type == "batch_norm" && present(layers[i]) &&
           layers[i].group_norm.value_or(config.batch_norm.group_norm) == 0;
  };
  Sequential model;
  Shape shape = input;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!present(layers[i])) continue;
    model.add_at(static_cast<Index>(i),
                 build_layer(building, layers[i], shape, !subtracts_bias(i + 1)));
    building.sees_images = false;
    shape = model.output_shape(input);  // throws where the new layer does not fit
  }
  return model;
}

}  // namespace

Sequential build_model(const Config& config, const Shape& input) {
  Building building{config};
  Sequential model = build_layers(building, config.model.layers, input);
  model.initialize(config.seed);
  for (Parameter* kernel : building.identities) set_identity(*kernel);
  std::set<Role> trained;
  for (const std::string& role : config.optimizer.train) {
    trained.insert(choose<Role>("optimizer.train", role,
                                {{"kernel", Role::kernel},
                                 {"bias", Role::bias},
                                 {"gamma", Role::gamma},
                                 {"beta", Role::beta}}));
  }
  bool has_beta = false;
  for (Parameter* parameter : model.state().parameters) {
    parameter->trainable = parameter->trainable && trained.contains(parameter->role);
    has_beta = has_beta || parameter->role == Role::beta;
  }
  MINITAPE_CHECK(config.optimizer.beta_factor == 1 || has_beta || !config.model.batch_norm,
                 "[optimizer] beta_factor needs a batch_norm layer: the model has none");
  return model;
}

void check_classes(const Sequential& model, const Shape& input, Index classes) {
  const Shape output = model.output_shape(input);
  MINITAPE_CHECK(output == Shape{classes},
                 "[model] the last layer must give one number for each of the ", classes,
                 " classes, shape (", classes, "): it gives ", output,
                 ". End model.layers with { type = \"dense\", units = ", classes, " }");
}

}  // namespace minitape
