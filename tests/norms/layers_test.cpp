#include "minitape/norms/layers.hpp"

#include <algorithm>

#include "minitape/nn/sequential.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "nn/layer_testing.hpp"

namespace minitape {
namespace {

// What a step of training gives: y, dx, and all that the layer keeps, with the gradients.
std::vector<Tensor> step(Layer& layer, const Tensor& x, const Tensor& dy) {
  Tape tape;
  const Var v = tape.variable(x);
  const Var y = layer.forward(v, Mode::training);
  std::vector<Tensor> all{y.value()};
  tape.backward(sum(y * tape.constant(dy)));
  all.push_back(v.gradient());
  for (const Parameter* parameter : layer.state().parameters) all.push_back(parameter->gradient);
  for (const Tensor& kept : snapshot(layer)) all.push_back(kept);
  return all;
}

std::string different_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return concat(a.size(), " tensors and ", b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::string text = different_bits(a[i], b[i]);
    if (!text.empty()) return concat("tensor ", i, ": ", text);
  }
  return "";
}

Tensor trained(Layer& layer, const Tensor& x) {
  Tape tape;
  return layer.forward(tape.constant(x), Mode::training).value();
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

constexpr Real kUsualEpsilon = Real(1e-5);
constexpr auto kConstant = StatisticsFrom::batch_as_constant;
constexpr auto kRunning = StatisticsFrom::running;

}  // namespace

// ---- Ghost batches ----

TEST_CASE("ghost batches as large as the batch, or larger, are batch norm, bit for bit") {
  const Tensor x = random_tensor("x", {4, 3, 5, 2}, 3, 2), dy = random_tensor("dy", x.shape());
  for (const Index ghost_batch : {0, 4, 5, 100}) {
    CAPTURE(ghost_batch);
    BatchNorm plain(2);
    BatchNormVariant variant(2, {}, {.ghost_batch = ghost_batch});
    randomize(plain);
    randomize(variant);
    // Twice: the second step starts from running statistics that the first has moved.
    CHECK(different_bits(step(variant, x, dy), step(plain, x, dy)) == "");
    CHECK(different_bits(step(variant, x, dy), step(plain, x, dy)) == "");
  }
}

TEST_CASE(
    "ghost batches: running statistics follow the means over the parts, unbiased for a part") {
  // Parts (1, 3) and (4, 8): means 2 and 6, unbiased variances 2 and 8. So a batch has 4 and 5:
  // mean 0 + (4 − 0)/4, variance 1 + (5 − 1)/4.
  BatchNormVariant layer(1, {.ema_decay = 0.75}, {.ghost_batch = 2});
  trained(layer, Tensor({4, 1}, {1, 3, 4, 8}));
  CHECK(mismatch(layer.running().mean, numbers({1}, {1})) == "");
  CHECK(mismatch(layer.running().variance, numbers({1}, {2})) == "");
  // The rest of an epoch is smaller than a ghost batch: (0, 4) has mean 2, unbiased variance 8.
  BatchNormVariant rest(1, {.ema_decay = 0.75}, {.ghost_batch = 3});
  trained(rest, Tensor({2, 1}, {0, 4}));
  CHECK(mismatch(rest.running().mean, numbers({1}, {0.5})) == "");
  CHECK(mismatch(rest.running().variance, numbers({1}, {2.75})) == "");
}

TEST_CASE("ghost batches are so many images, in order") {
  // Of 6 images, 2 at a time: parts of 2 rows each, not 2 parts.
  BatchNormVariant layer(1, {.epsilon = 3}, {.ghost_batch = 2});
  const Tensor y = trained(layer, Tensor({6, 1}, {0, 2, 10, 14, -8, -2}));
  const double a = 1 / std::sqrt(1 + 3), b = 2 / std::sqrt(4 + 3), c = 3 / std::sqrt(9 + 3);
  CHECK(mismatch(y, numbers({6, 1}, {-a, a, -b, b, -c, c})) == "");
}

TEST_CASE("ghost batches: a batch that they do not divide says what to choose") {
  BatchNormVariant layer(2, {}, {.ghost_batch = 4});
  CHECK(refusal([&] {
          trained(layer, Tensor::zeros({6, 3, 3, 2}));
        }) ==
        "[batch_norm] the batch must split into ghost batches of 4 images: x is (6, 3, 3, 2). "
        "Choose train.batch_size and data.train_limit as multiples of ghost_batch");
  CHECK(layer.state().counters[0]->value == 0);  // no update has been counted
  BatchNormVariant one(2, {}, {.ghost_batch = 1});
  CHECK(refusal([&] {
          trained(one, Tensor::zeros({6, 2}));
        }) ==
        "[batch_norm] a ghost batch needs more than one value per channel: x is (6, 2), in 6 "
        "parts");
  for (const StatisticsFrom other : {kConstant, kRunning}) {
    CHECK(refusal([&] { BatchNormVariant(2, {}, {.statistics = other, .ghost_batch = 4}); }) ==
          "[batch_norm] ghost batches need statistics = \"batch\"");
  }
}

// ---- Statistics ----

TEST_CASE("running statistics that normalize in training stay as they are") {
  BatchNormVariant layer(2, {}, {.statistics = kRunning});
  randomize(layer);
  const std::vector<Tensor> before = snapshot(layer);
  const Tensor x = random_tensor("x", {4, 3, 5, 2}, 3, 2);
  // A single value per channel will do as well.
  for (const Tensor& batch : {x, random_tensor("one", {1, 2})}) {
    CHECK(different_bits(trained(layer, batch), layer.predict(batch)) == "");
    CHECK(different_bits(snapshot(layer), before) == "");
  }
}

TEST_CASE("statistics of the batch as constants: forward is batch norm's, backward is not") {
  const Tensor x = random_tensor("x", {4, 3, 5, 2}, 3, 2), dy = random_tensor("dy", x.shape());
  BatchNorm plain(2);
  BatchNormVariant layer(2, {}, {.statistics = kConstant});
  randomize(plain);
  randomize(layer);
  const Tensor gamma = layer.gamma(),
               inv_std = inverse_std(batch_statistics(x).variance, kUsualEpsilon);
  const std::vector<Tensor> expected = step(plain, x, dy), actual = step(layer, x, dy);
  REQUIRE(actual.size() == 9);  // y, dx, dgamma, dbeta, gamma, beta, mean, variance, updates
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (i != 1) CHECK(mismatch(actual[i], expected[i]) == "");
  }
  Tensor dx = dy;
  for (Index i = 0; i < dx.size(); ++i) dx[i] *= gamma[i % 2] * inv_std[i % 2];
  CHECK(mismatch(actual[1], dx) == "");
  CHECK(mismatch(actual[1], expected[1], 0.01) != "");
}

TEST_CASE("statistics of the batch as constants: one value per channel has no variance to keep") {
  BatchNormVariant layer(2, {}, {.statistics = kConstant});
  CHECK(refusal([&] {
          trained(layer, Tensor::zeros({1, 2}));
        }) == "[batch_norm] training needs more than one value per channel: x is (1, 2)");
  CHECK(layer.running().variance[0] == 1);
}

TEST_CASE("gradients of the variants: right, but for constants, which are wrong" * double_only()) {
  const Tensor x = random_tensor("x", {4, 3, 2, 2}, 1, 2);
  const auto wrong = [&](BatchNormVariation variation, Mode mode) {
    BatchNormVariant layer(2, {}, variation);
    randomize(layer);
    return wrong_gradients(layer, x, mode);
  };
  for (const Mode mode : {Mode::training, Mode::inference}) {
    CHECK(wrong({.ghost_batch = 2}, mode) == "");
    CHECK(wrong({.noise = true}, mode) == "");
    CHECK(wrong({.ghost_batch = 2, .noise = true}, mode) == "");
    CHECK(wrong({.statistics = kRunning}, mode) == "");
    CHECK(wrong({.statistics = kRunning, .noise = true}, mode) == "");
  }
  CHECK(wrong({.statistics = kConstant}, Mode::training) != "");
  CHECK(wrong({.statistics = kConstant}, Mode::inference) == "");
}

TEST_CASE("prediction of every variant is batch norm's, bit for bit") {
  BatchNorm plain(2);
  randomize(plain);
  const Tensor x = random_tensor("x", {4, 3, 5, 2}, 3, 2);
  for (const BatchNormVariation& variation :
       {BatchNormVariation{.ghost_batch = 2}, BatchNormVariation{.statistics = kConstant},
        BatchNormVariation{.statistics = kRunning}, BatchNormVariation{.noise = true}}) {
    BatchNormVariant layer(2, {}, variation);
    randomize(layer);
    CHECK(different_bits(layer.predict(x), plain.predict(x)) == "");
    CHECK(inference_differs(layer, x) == "");  // no noise, and none is counted
    CHECK(layer.type() == "batch_norm");
  }
}

TEST_CASE("a variant in front of relu is not taken for a plain batch norm") {
  // Sequential fuses batch norm with relu and pool; a variant it must leave alone.
  Sequential model;
  model.add<BatchNormVariant>(2, BatchNormOptions{}, BatchNormVariation{.ghost_batch = 2});
  model.add<Activation>(Activation::relu);
  model.add<Pool>(Pool::max, PoolOptions{2, 2});
  model.initialize(1);
  BatchNormVariant alone(2, {}, {.ghost_batch = 2});
  const Tensor x = random_tensor("x", {4, 4, 4, 2}, 3, 2);
  Tape tape;
  const Var y = alone.forward(tape.constant(x), Mode::training);
  CHECK(mismatch(trained(model, x), max_pool(relu(y), {2, 2}).value()) == "");
}

// ---- Noise ----

namespace {

// Noise and nothing else: statistics 0 and 1 that stay so, y = slope·x/√(1 + ε) + shift.
BatchNormVariant noise_alone(Index channels, std::uint64_t seed = 1) {
  BatchNormVariant layer(channels, {}, {.statistics = kRunning, .noise = true});
  layer.initialize(seed);
  return layer;
}

// The largest difference between the shares of `values` below a bound and those of a uniform
// distribution on [low, high].
double distance_to_uniform(std::vector<double> values, double low, double high) {
  std::sort(values.begin(), values.end());
  double largest = 0;
  const auto n = static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = std::clamp((values[i] - low) / (high - low), 0.0, 1.0);
    largest = std::max({largest, std::abs(share - static_cast<double>(i) / n),
                        std::abs(share - static_cast<double>(i + 1) / n)});
  }
  return largest;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double ab = 0, aa = 0, bb = 0, mean_a = 0, mean_b = 0;
  for (const double v : a) mean_a += v / static_cast<double>(a.size());
  for (const double v : b) mean_b += v / static_cast<double>(b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

// The middle of each channel, and how far its numbers are from it.
struct Parts {
  std::vector<double> middles, distances;
};
Parts parts_of(const Tensor& x) {
  Parts parts;
  for (Index c = 0; c < x.channels(); ++c) {
    double low = kInfinity, high = -kInfinity;
    for (Index i = c; i < x.size(); i += x.channels()) {
      low = std::min(low, double{x[i]});
      high = std::max(high, double{x[i]});
    }
    parts.middles.push_back((low + high) / 2);
    for (Index i = c; i < x.size(); i += x.channels()) {
      parts.distances.push_back(double{x[i]} - parts.middles.back());
    }
  }
  return parts;
}

}  // namespace

TEST_CASE("noise: a shift and a slope for every number, around those of its channel") {
  const Shape shape{400, 200};
  BatchNormVariant layer = noise_alone(200);
  BatchNormVariant same = layer;
  const Tensor shift = trained(layer, Tensor::zeros(shape));
  Tensor slope = trained(same, Tensor::full(shape, 1));
  for (Index i = 0; i < slope.size(); ++i)
    slope[i] = (slope[i] - shift[i]) * std::sqrt(1 + kUsualEpsilon);

  // The largest distance that chance gives in one of a thousand trials is 1.95 / √n.
  const Parts shifts = parts_of(shift), slopes = parts_of(slope);
  CHECK(distance_to_uniform(shifts.middles, -0.5, 0.5) < 1.95 / std::sqrt(200));
  CHECK(distance_to_uniform(slopes.middles, 1, 1.25) < 1.95 / std::sqrt(200));
  CHECK(distance_to_uniform(shifts.distances, -0.1, 0.1) < 1.95 / std::sqrt(80'000));
  CHECK(distance_to_uniform(slopes.distances, -0.1, 0.1) < 1.95 / std::sqrt(80'000));
  // The test can tell: 5 % more is another distribution.
  CHECK(distance_to_uniform(shifts.distances, -0.105, 0.105) > 1.95 / std::sqrt(80'000));
  // Nothing depends on anything else.
  CHECK(std::abs(correlation(shifts.middles, slopes.middles)) < 3.3 / std::sqrt(200));
  CHECK(std::abs(correlation(shifts.distances, slopes.distances)) < 3.3 / std::sqrt(80'000));
  std::vector<double> next = shifts.distances;
  std::rotate(next.begin(), next.begin() + 1, next.end());
  CHECK(std::abs(correlation(shifts.distances, next)) < 3.3 / std::sqrt(80'000));
}

TEST_CASE("noise: drawn from the stream of the layer and the step, channels first") {
  BatchNormVariant layer = noise_alone(3, 7);
  layer.add_prefix("4.batch_norm");
  const Tensor x = random_tensor("x", {2, 2, 1, 3});
  for (int t = 0; t < 2; ++t) {
    Random random = stream(7, concat("noise/4.batch_norm.noises/", t));
    double mean[3], scale[3];
    for (int c = 0; c < 3; ++c) {
      mean[c] = random.uniform(-0.5, 0.5);
      scale[c] = random.uniform(1, 1.25);
    }
    Tensor expected = layer.predict(x);
    for (Index i = 0; i < x.size(); ++i) {
      const double shift = mean[i % 3] + random.uniform(-0.1, 0.1);
      const double slope = scale[i % 3] + random.uniform(-0.1, 0.1);
      expected[i] = static_cast<Real>(double{expected[i]} * slope + shift);
    }
    CHECK(mismatch(trained(layer, x), expected) == "");
  }
}

TEST_CASE("noise: repeatable from the seed, other in every step, seed and layer; it goes on") {
  const Tensor zeros = Tensor::zeros({5, 3});
  BatchNormVariant layer = noise_alone(3);
  const Tensor first = trained(layer, zeros), second = trained(layer, zeros);
  CHECK(different_bits(first, second) != "");
  BatchNormVariant again = noise_alone(3);
  CHECK(different_bits(trained(again, zeros), first) == "");
  BatchNormVariant other = noise_alone(3, 2);
  CHECK(different_bits(trained(other, zeros), first) != "");
  again.initialize(1);  // starts over
  CHECK(different_bits(trained(again, zeros), first) == "");

  // A checkpoint holds the counter.
  BatchNormVariant resumed = noise_alone(3);
  const std::vector<Counter*> counters = resumed.state().counters;
  REQUIRE(counters.size() == 2);
  CHECK(counters[1]->name == "noises");
  counters[1]->value = 1;
  CHECK(different_bits(trained(resumed, zeros), second) == "");
  CHECK(counters[1]->value == 2);
  BatchNormVariant quiet(3, {}, {.statistics = kRunning});
  CHECK(quiet.state().counters.size() == 1);

  Sequential model;
  model.add<BatchNormVariant>(noise_alone(3));
  model.add<BatchNormVariant>(noise_alone(3));
  model.initialize(1);
  const Tensor a = trained(model.layer(0), zeros), b = trained(model.layer(1), zeros);
  CHECK(different_bits(a, b) != "");
}

TEST_CASE("noise: behind batch norm, not in its statistics") {
  const Tensor x = random_tensor("x", {4, 3, 5, 2}, 3, 2), dy = random_tensor("dy", x.shape());
  BatchNorm plain(2);
  BatchNormVariant layer(2, {}, {.noise = true});
  BatchNormVariant noise = noise_alone(2);
  const std::vector<Tensor> clean = step(plain, x, dy), noisy = step(layer, x, dy);
  CHECK(different_bits(plain.running().mean, layer.running().mean) == "");
  CHECK(different_bits(plain.running().variance, layer.running().variance) == "");
  // The same noise, on what plain batch norm gives; its own division by √(1 + ε) undone.
  noise.initialize(0);
  Tensor y = clean[0];
  for (Real& value : y.values()) value *= std::sqrt(1 + kUsualEpsilon);
  CHECK(mismatch(noisy[0], trained(noise, y)) == "");
}

// ---- Group norm ----

TEST_CASE("group norm: gamma and beta are all that it keeps, and both modes are one") {
  GroupNorm layer(6, 3);
  CHECK(layer.type() == "group_norm");
  const LayerState state = layer.state();
  REQUIRE(state.parameters.size() == 2);
  CHECK(state.parameters[0]->name == "gamma");
  CHECK(state.parameters[0]->role == Role::gamma);
  CHECK(state.parameters[1]->role == Role::beta);
  CHECK(state.buffers.empty());
  CHECK(state.counters.empty());
  CHECK(different_bits(state.parameters[0]->value, Tensor::full({6}, 1)) == "");
  CHECK(different_bits(state.parameters[1]->value, Tensor::zeros({6})) == "");

  randomize(layer);
  for (const Shape& shape : {Shape{4, 3, 5, 6}, Shape{4, 6}}) {
    const Tensor x = random_tensor("x", shape, 3, 2);
    CHECK(inference_differs(layer, x) == "");
    CHECK(different_bits(trained(layer, x), layer.predict(x)) == "");
    CHECK(shape_differs(layer, shape.without_batch()) == "");
  }
  layer.initialize(1);
  CHECK(different_bits(state.parameters[0]->value, Tensor::full({6}, 1)) == "");
  CHECK(different_bits(state.parameters[1]->value, Tensor::zeros({6})) == "");
}

TEST_CASE("group norm: so many groups, its epsilon inside of the root") {
  // Two groups of two channels: (1, 3) has mean 2 and variance 1, (0, 8) has 4 and 16.
  GroupNorm layer(4, 2, 3);
  CHECK(mismatch(layer.predict(numbers({1, 4}, {1, 3, 0, 8})),
                 numbers({1, 4}, {-0.5, 0.5, -4 / std::sqrt(19), 4 / std::sqrt(19)})) == "");
  // By default, so small that it matters here alone: a variance of 1e-6.
  GroupNorm usual(2, 1);
  const double y = double{usual.predict(numbers({1, 2}, {-1e-3, 1e-3}))[1]};
  CHECK(y == doctest::Approx(1e-3 / std::sqrt(1e-6 + 1e-5)));
}

TEST_CASE("group norm has right gradients in both modes" * double_only()) {
  GroupNorm layer(6, 2);
  randomize(layer);
  const Tensor x = random_tensor("x", {4, 3, 2, 6}, 1, 2);
  CHECK(wrong_gradients(layer, x, Mode::training) == "");
  CHECK(wrong_gradients(layer, x, Mode::inference) == "");
}

TEST_CASE("group norm: a copy is another layer with the same values") {
  GroupNorm layer(6, 2);
  randomize(layer);
  const std::unique_ptr<Layer> copy = layer.clone();
  const Tensor x = random_tensor("x", {4, 6});
  const Tensor before = layer.predict(x);
  CHECK(different_bits(copy->predict(x), before) == "");
  copy->initialize(1);
  CHECK(different_bits(layer.predict(x), before) == "");
}

TEST_CASE("group norm: what it does not take") {
  const auto made = [](Index channels, Index groups, double epsilon = 1e-5) {
    return refusal([=] { GroupNorm(channels, groups, epsilon); });
  };
  const std::string rule =
      "[group_norm] the channels must split into groups of equal size, and epsilon be positive: "
      "got ";
  CHECK(made(6, 4) == rule + "6 channels, 4 groups and epsilon 1e-05");
  CHECK(made(6, 0) == rule + "6 channels, 0 groups and epsilon 1e-05");
  CHECK(made(0, 1) == rule + "0 channels, 1 groups and epsilon 1e-05");
  CHECK(made(6, 2, 0) == rule + "6 channels, 2 groups and epsilon 0");
  CHECK(made(6, 6) == "accepted");

  const GroupNorm layer(6, 6);
  CHECK(layer.output_shape({1, 2, 6}) == Shape{1, 2, 6});
  const auto fits = [&](const Shape& shape) { return refusal([&] { layer.output_shape(shape); }); };
  const std::string takes =
      "[group_norm] takes examples with 6 channels and more than one value in each of 6 groups: "
      "the layer before gives ";
  CHECK(fits({6}) == takes + "(6)");
  CHECK(fits({1, 1, 6}) == takes + "(1, 1, 6)");
  CHECK(fits({4, 4, 3}) == takes + "(4, 4, 3)");
  CHECK(fits({}) == takes + "()");
}

}  // namespace minitape
