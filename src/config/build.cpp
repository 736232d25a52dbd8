// What depends on the data, the optimizer and the schedule, from a config.
#include "minitape/config/build.hpp"

#include <algorithm>

#include "config/keys.hpp"
#include "minitape/recipe/whitening.hpp"

namespace minitape {

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

bool starts_from_images(const Config& config) {
  const std::vector<LayerConfig>& layers = config.model.layers;
  const auto first = std::ranges::find(layers, "conv2d", &LayerConfig::type);
  return first != layers.end() && first->init.value_or(config.model.init).type == "whitening";
}

void start_from_images(Sequential& model, const Config& config, const Dataset& train,
                       const Standardization& standardization) {
  if (!starts_from_images(config)) return;
  // build_model has seen to it that no layer with parameters comes before.
  Tensor& kernel = model.state().parameters.front()->value;
  const Index count = std::min(kWhiteningImages, train.size());
  const Batch batch = make_batch(train, standardization, 0, count);
  kernel = whitening_kernel(batch.images, kernel.shape()[0]);
}

BatchOptions build_batch_options(const Config& config) {
  const auto wants = [&](const char* what) {
    return std::ranges::count(config.data.augment, what) > 0;
  };
  return {.batch_size = config.train.batch_size,
          .shuffle = config.train.shuffle,
          .sort_by_class = config.train.sort_by_class,
          .drop_last = config.train.drop_last,
          .augmentation = {.flip = wants("flip"),
                           .alternating_flip = wants("alternating_flip"),
                           .crop = wants("crop"),
                           .shift = wants("shift") ? config.data.shift : 0},
          .seed = config.seed};
}

// ---- Optimization ----

SgdOptions build_sgd_options(const Config& config) {
  return {.momentum = config.optimizer.momentum,
          .nesterov = config.optimizer.nesterov,
          .weight_decay = config.optimizer.weight_decay,
          .beta_factor = config.optimizer.beta_factor,
          .decay_betas = config.optimizer.decay_betas};
}

Index total_steps(const Config& config, Index steps_per_epoch) {
  Index steps = config.train.epochs * steps_per_epoch;
  if (config.train.max_steps > 0) steps = std::min(steps, config.train.max_steps);
  const Index every = config.optimizer.lookahead_steps;
  MINITAPE_CHECK(every <= steps || steps == 0, "[config] optimizer.lookahead_steps must be 0 ",
                 "(none) or not more than the run's ", steps,
                 " steps (train.epochs, train.max_steps): it is ", every);
  return steps;
}

Schedule build_schedule(const Config& config, Index steps_per_epoch) {
  const ScheduleConfig& s = config.schedule;
  return {
      .kind = choose<Schedule::Kind>("schedule.name", s.name,
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
      .final_div_factor = s.final_div_factor,
      .linear = choose<bool>("schedule.anneal", s.anneal, {{"linear", true}, {"cosine", false}})};
}

}  // namespace minitape
