#include "minitape/norms/layers.hpp"

#include "minitape/ops/arithmetic.hpp"

namespace minitape {

// ---- Batch norm with something changed ----

BatchNormVariant::BatchNormVariant(Index channels, BatchNormOptions options,
                                   BatchNormVariation variation)
    : BatchNorm(channels, options), variation_(variation) {
  MINITAPE_CHECK(variation.ghost_batch == 0 || variation.statistics == StatisticsFrom::batch,
                 "[batch_norm] ghost batches need statistics = \"batch\"");
}

LayerState BatchNormVariant::state() {
  LayerState all = BatchNorm::state();
  if (variation_.noise) all.counters.push_back(&noises_);
  return all;
}

void BatchNormVariant::initialize(std::uint64_t seed) {
  BatchNorm::initialize(seed);
  seed_ = seed;
  noises_.value = 0;
}

Var BatchNormVariant::forward(Var x, Mode mode) {
  if (mode == Mode::inference) return BatchNorm::forward(x, mode);
  Var y = x;
  if (variation_.statistics == StatisticsFrom::running) {
    y = BatchNorm::forward(x, Mode::inference);
  } else {
    const Index images = x.shape()[0];
    const Index ghost =
        std::min(images, variation_.ghost_batch > 0 ? variation_.ghost_batch : images);
    MINITAPE_CHECK(images % ghost == 0, "[batch_norm] the batch must split into ghost batches of ",
                   ghost, " images: x is ", x.shape(), ". Choose train.batch_size and ",
                   "data.train_limit as multiples of ghost_batch");
    const Index parts = images / ghost;
    const BatchNormResult result = normalized(x, parts);
    update_running(result.batch, x.value().rows() / parts);
    y = result.y;
  }
  return variation_.noise ? with_noise(y) : y;
}

BatchNormResult BatchNormVariant::normalized(Var x, Index parts) {
  const Var gamma = x.tape().parameter(gamma_), beta = x.tape().parameter(beta_);
  const auto epsilon = static_cast<Real>(options().epsilon);
  if (variation_.statistics == StatisticsFrom::batch) {
    return ghost_batch_norm(x, gamma, beta, epsilon, parts);
  }
  MINITAPE_CHECK(x.value().rows() > 1,
                 "[batch_norm] training needs more than one value per channel: x is ", x.shape());
  const BatchStatistics batch = batch_statistics(x.value());
  return {batch_norm_inference(x, gamma, beta, batch, epsilon), batch};
}

Var BatchNormVariant::with_noise(Var y) {
  // "noise/1.batch_norm.noises/0", …: the name of the counter has that of the layer in it.
  Random random = stream(seed_, concat("noise/", noises_.name, "/", noises_.value++));
  const Index channels = y.value().channels();
  Tensor slope = Tensor::uninitialized(y.shape()), shift = Tensor::uninitialized(y.shape());
  std::vector<double> mean, scale;  // [C], of this step
  for (Index c = 0; c < channels; ++c) {
    mean.push_back(random.uniform(-0.5, 0.5));
    scale.push_back(random.uniform(1, 1.25));
  }
  for (Index i = 0; i < slope.size(); ++i) {
    const auto c = static_cast<std::size_t>(i % channels);
    shift[i] = static_cast<Real>(mean[c] + random.uniform(-0.1, 0.1));
    slope[i] = static_cast<Real>(scale[c] + random.uniform(-0.1, 0.1));
  }
  return y * y.tape().constant(std::move(slope)) + y.tape().constant(std::move(shift));
}

// ---- Group norm ----

GroupNorm::GroupNorm(Index channels, Index groups, double epsilon)
    : groups_(groups),
      epsilon_(epsilon),
      gamma_("gamma", Role::gamma, {channels}),
      beta_("beta", Role::beta, {channels}) {
  MINITAPE_CHECK(groups >= 1 && channels >= 1 && channels % groups == 0 && epsilon > 0,
                 "[group_norm] the channels must split into groups of equal size, and epsilon be "
                 "positive: got ",
                 channels, " channels, ", groups, " groups and epsilon ", epsilon);
  initialize(0);
}

void GroupNorm::initialize(std::uint64_t) {
  gamma_.value.fill(1);
  beta_.value.fill(0);
}

Shape GroupNorm::output_shape(const Shape& input) const {
  MINITAPE_CHECK(
      input.rank() >= 1 && input.channels() == gamma_.value.size() && input.size() > groups_,
      "[group_norm] takes examples with ", gamma_.value.size(), " channels and more ",
      "than one value in each of ", groups_, " groups: the layer before gives ", input);
  return input;
}

Var GroupNorm::forward(Var x, Mode) {
  return group_norm(x, x.tape().parameter(gamma_), x.tape().parameter(beta_),
                    static_cast<Real>(epsilon_), groups_);
}

Tensor GroupNorm::predict(const Tensor& x) const {
  Tape tape;  // of constants: nothing is kept for a backward pass
  return group_norm(tape.constant(x), tape.constant(gamma_.value), tape.constant(beta_.value),
                    static_cast<Real>(epsilon_), groups_)
      .value();
}

}  // namespace minitape
