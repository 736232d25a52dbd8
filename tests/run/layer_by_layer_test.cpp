#include "minitape/run/layer_by_layer.hpp"

#include <cmath>
#include <utility>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/run/trainer.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

// Batch norm at the top, inside of a residual block and behind it, and all that draws numbers.
const std::string kDeepLayers = R"(
  { type = "conv2d", filters = 2, kernel = 3, padding = "same" },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "residual", layers = [
    { type = "conv2d", filters = 2, kernel = 3, padding = "same" },
    { type = "batch_norm", noise = true },
    { type = "residual", layers = [{ type = "relu" }, { type = "batch_norm" }] },
  ] },
  { type = "flatten" },
  { type = "dropout", rate = 0.25 },
  { type = "dense", units = 3 },
  { type = "batch_norm" },
  { type = "dense", units = 2 },
)";

Sequential model_of(const std::string& layers) {
  return build_model(config_with(layers), kTinyInput);
}

// ---- walk ----

TEST_CASE("walk: the output and the running statistics of Sequential::forward") {
  for (const Mode mode : {Mode::training, Mode::inference}) {
    Sequential walked = model_of(kDeepLayers), straight = walked;
    const Tensor x = random_tensor("x", kTinyInput.with_batch(5));
    Tape tape, other;
    const Tensor y = walk(walked, tape.constant(x), mode, [](auto&&...) {}).value();
    CHECK(mismatch(y, straight.forward(other.constant(x), mode).value()) == "");
    const LayerState state = walked.state(), expected = straight.state();
    REQUIRE(state.buffers.size() == 8);
    for (std::size_t i = 0; i < 8; ++i) {
      CHECK(mismatch(state.buffers[i]->value, expected.buffers[i]->value) == "");
    }
    for (std::size_t i = 0; i < state.counters.size(); ++i) {
      CHECK(state.counters[i]->value == expected.counters[i]->value);
    }
  }
}

TEST_CASE("walk: visits the layers in order, those of a residual block before the block") {
  Sequential model = model_of(kDeepLayers);
  std::vector<std::string> names;
  std::vector<std::pair<Var, Var>> passed;
  Tape tape;
  const Var x = tape.constant(random_tensor("x", kTinyInput.with_batch(2)));
  const Var result =
      walk(model, x, Mode::inference, [&](const std::string& name, Layer& layer, Var in, Var out) {
        names.push_back(name);
        passed.emplace_back(in, out);
        CHECK(name.ends_with("." + layer.type()));
      });
  CHECK(names == std::vector<std::string>{
                     "0.conv2d", "1.batch_norm", "2.relu", "3.residual.0.conv2d",
                     "3.residual.1.batch_norm", "3.residual.2.residual.0.relu",
                     "3.residual.2.residual.1.batch_norm", "3.residual.2.residual", "3.residual",
                     "4.flatten", "5.dropout", "6.dense", "7.batch_norm", "8.dense"});
  // A block's input is that of its first layer; its output goes on to the layer behind it.
  CHECK(passed[0].first.index() == x.index());
  CHECK(passed[3].first.index() == passed[2].second.index());
  CHECK(passed[8].first.index() == passed[2].second.index());
  CHECK(passed[9].first.index() == passed[8].second.index());
  CHECK(passed.back().second.index() == result.index());
  Tensor sum = passed[8].first.value();
  sum.add(passed[7].second.value());
  CHECK(different_bits(passed[8].second.value(), sum) == "");
}

// ---- first_non_finite ----

TEST_CASE("first_non_finite: the first node, whoever made it") {
  Dense dense(2, 2, {});
  dense.add_prefix("3.dense");
  dense.initialize(1);
  Tape tape;
  const auto dense_of = [&](double value) {
    tape.clear();
    tape.enter_layer("3.dense");
    const Var y = dense.forward(tape.constant(numbers({1, 2}, {1, value})), Mode::training);
    tape.enter_layer("");
    return y;
  };
  const Var y = dense_of(2);
  CHECK(first_non_finite(tape) == "the loss");
  y* tape.constant(Tensor::full({1, 2}, std::numeric_limits<Real>::infinity()));
  CHECK(first_non_finite(tape) == "constant");

  dense_of(double{std::numeric_limits<Real>::max()});
  for (Real& weight : dense.state().parameters[0]->value.values()) weight = 4;
  dense_of(double{std::numeric_limits<Real>::max()});
  CHECK(first_non_finite(tape).starts_with("layer 3.dense (dense"));

  dense.state().parameters[1]->value[1] = std::numeric_limits<Real>::quiet_NaN();
  dense_of(double{std::numeric_limits<Real>::max()});
  CHECK(first_non_finite(tape) == "parameter 3.dense.bias");
}

// ---- recalibrate ----

// The inputs of all batch norms in training mode, in the order of the layers.
void collect(Sequential& model, Var& x, std::vector<std::vector<Tensor>>& inputs, std::size_t& n) {
  for (std::size_t i = 0; i < model.size(); ++i) {
    if (auto* const residual = dynamic_cast<Residual*>(&model.layer(i))) {
      Var inner = x;
      collect(residual->body(), inner, inputs, n);
      x = x + inner;
      continue;
    }
    if (dynamic_cast<BatchNorm*>(&model.layer(i))) {
      if (inputs.size() <= n) inputs.emplace_back();
      inputs[n++].push_back(x.value());
    }
    x = model.layer(i).forward(x, Mode::training);
  }
}

// [batch norm][batch]
std::vector<std::vector<Tensor>> batch_norm_inputs(Sequential model, Batches& batches,
                                                   Index count) {
  std::vector<std::vector<Tensor>> inputs;
  batches.start_epoch(0);
  for (Index b = 0; b < count; ++b) {
    std::size_t n = 0;
    Tape tape;
    Var x = tape.constant(batches.next()->images);
    collect(model, x, inputs, n);
  }
  return inputs;
}

struct Moments {
  double mean = 0, variance = 0;  // biased
  double m = 0;
};

Moments moments(const std::vector<Tensor>& pieces, Index channel) {
  Moments all;
  double sum = 0, squares = 0;
  for (const Tensor& x : pieces) {
    for (Index i = channel; i < x.size(); i += x.channels(), ++all.m) sum += double{x[i]};
  }
  all.mean = sum / all.m;
  for (const Tensor& x : pieces) {
    for (Index i = channel; i < x.size(); i += x.channels()) {
      squares += (double{x[i]} - all.mean) * (double{x[i]} - all.mean);
    }
  }
  all.variance = squares / all.m;
  return all;
}

// "" when the running statistics are the formulas' in the head of the header.
std::string wrong_statistics(Sequential& model, const std::vector<std::vector<Tensor>>& inputs,
                             const std::string& how) {
  const std::vector<Buffer*> buffers = model.state().buffers;
  if (buffers.size() != 2 * inputs.size()) return "another number of batch norms";
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    for (Index c = 0; c < inputs[n][0].channels(); ++c) {
      double mean = 0, variance = 0;
      const auto count = static_cast<double>(inputs[n].size());
      for (const Tensor& x : inputs[n]) {
        const Moments batch = moments({x}, c);
        mean += batch.mean / count;
        variance += batch.m / (batch.m - 1) * batch.variance / count;
      }
      if (how == "pooled") variance = moments(inputs[n], c).variance;
      const double mean_is = double{buffers[2 * n]->value[c]};
      const double variance_is = double{buffers[2 * n + 1]->value[c]};
      if (std::abs(mean_is - mean) > kRounding ||
          std::abs(variance_is / variance - 1) > kRounding) {
        return concat(buffers[2 * n]->name, "[", c, "] is ", mean_is, " and ", variance_is,
                      ", expected ", mean, " and ", variance);
      }
    }
  }
  return "";
}

TEST_CASE("recalibrate: average is m / (m − 1) · E[v], pooled the variance of all images") {
  const Dataset dataset = tiny_dataset(24);
  Batches batches(dataset, Standardization::of(dataset), {.batch_size = 6});
  for (const std::string how : {"average", "pooled"}) {
    for (const Index count : {1, 3, 4}) {
      CAPTURE(count);
      Sequential model = model_of(kDeepLayers);
      const auto inputs = batch_norm_inputs(model, batches, count);
      REQUIRE(inputs.size() == 4);
      recalibrate(model, batches, {.recalibrate = how, .recalibrate_batches = count});
      CHECK(wrong_statistics(model, inputs, how) == "");
    }
  }
}

TEST_CASE("recalibrate: no more batches than an epoch has, each with its own m") {
  const Dataset dataset = tiny_dataset(10);  // batches of 4, 4 and 2
  Batches batches(dataset, Standardization::of(dataset), {.batch_size = 4});
  Sequential model = model_of(kDeepLayers);
  const auto inputs = batch_norm_inputs(model, batches, 3);
  recalibrate(model, batches, {.recalibrate = "average", .recalibrate_batches = 1000});
  CHECK(wrong_statistics(model, inputs, "average") == "");
}

TEST_CASE("recalibrate: of sorted batches the pooled variance is right, the average is not") {
  const Dataset dataset = tiny_dataset(24);
  const auto standardization = Standardization::of(dataset);
  Batches batches(dataset, standardization, {.batch_size = 4, .sort_by_class = true});
  Sequential pooled = model_of(R"({ type = "flatten" }, { type = "batch_norm" })");
  Sequential average = pooled;
  recalibrate(pooled, batches, {.recalibrate = "pooled", .recalibrate_batches = 6});
  recalibrate(average, batches, {.recalibrate = "average", .recalibrate_batches = 6});
  // Half of the images are dark where the others are bright.
  const Tensor all = make_batch(dataset, standardization, 0, 24).images;
  for (Index pixel = 0; pixel < 16; ++pixel) {
    const Moments exact = moments({all.reshaped({24, 16})}, pixel);
    CHECK(double{pooled.state().buffers[0]->value[pixel]} ==
          doctest::Approx(exact.mean).epsilon(1e-5));
    CHECK(double{pooled.state().buffers[1]->value[pixel]} ==
          doctest::Approx(exact.variance).epsilon(1e-5));
    CHECK(double{average.state().buffers[1]->value[pixel]} < 0.5 * exact.variance);
  }
}

TEST_CASE("recalibrate: a channel that is everywhere the same has variance 0, not less") {
  const Dataset dataset = tiny_dataset(24);
  Batches batches(dataset, Standardization::of(dataset), {.batch_size = 4});
  Sequential model = model_of(
      R"({ type = "flatten" },
         { type = "dense", units = 2, bias = true, init = { type = "zeros" } },
         { type = "batch_norm" })");
  model.state().parameters[1]->value.fill(Real(0.1));
  recalibrate(model, batches, {.recalibrate = "pooled", .recalibrate_batches = 6});
  CHECK(model.state().buffers[0]->value[1] == Real(0.1));
  CHECK(model.state().buffers[1]->value[1] >= 0);
  CHECK(model.state().buffers[1]->value[1] < Real(1e-15));
}

TEST_CASE("recalibrate: nothing but the running statistics changes") {
  const Dataset dataset = tiny_dataset(24);
  Batches batches(dataset, Standardization::of(dataset), {.batch_size = 6});
  Sequential model = model_of(kDeepLayers), before = model;
  recalibrate(model, batches, {.recalibrate = "average", .recalibrate_batches = 4});
  const LayerState now = model.state(), then = before.state();
  for (std::size_t i = 0; i < now.parameters.size(); ++i) {
    CHECK(different_bits(now.parameters[i]->value, then.parameters[i]->value) == "");
  }
  REQUIRE(now.counters.size() == 6);  // four of updates, one of noise, one of masks
  for (std::size_t i = 0; i < 6; ++i) CHECK(now.counters[i]->value == then.counters[i]->value);
}

TEST_CASE("recalibrate: a run takes the same steps, and is evaluated with other statistics") {
  const TemporaryFolder folder;
  const TrainTest data{tiny_dataset(24), tiny_dataset(6)};
  std::vector<std::vector<double>> test_losses;
  for (const char* how : {"none", "average", "pooled"}) {
    CAPTURE(how);
    Config config = config_with(kDeepLayers, "[train]\nbatch_size = 6\nepochs = 3\n");
    config.batch_norm.recalibrate = how;
    train(config, data, folder.path() / how);
    CHECK(read_csv(folder.path() / how / "steps.csv").numbers("loss") ==
          read_csv(folder.path() / "none" / "steps.csv").numbers("loss"));
    test_losses.push_back(read_csv(folder.path() / how / "metrics.csv").numbers("test_loss"));
    // The model that is kept is the one that was measured.
    Sequential model = build_model(config, kTinyInput), again = model;
    load_model(model, read_safetensors(folder.path() / how / "model.safetensors"));
    const auto standardization = Standardization::of(data.train);
    CHECK(evaluate(model, data.test, standardization, 6).loss == test_losses.back().back());
    if (how == std::string("none")) continue;
    load_model(again, read_safetensors(folder.path() / how / "model.safetensors"));
    for (Buffer* buffer : again.state().buffers) buffer->value.fill(5);
    for (Counter* counter : again.state().counters) counter->value = 12;  // the steps of the run
    Batches batches(data.train, standardization, build_batch_options(config));
    const auto inputs = batch_norm_inputs(again, batches, 4);
    CHECK(wrong_statistics(model, inputs, how) == "");
  }
  CHECK(test_losses[0] != test_losses[1]);
  CHECK(test_losses[1] != test_losses[2]);
}

// ---- accuracy_in_training_mode ----

TEST_CASE("accuracy_in_training_mode: one image at a time, a dense network says always the same") {
  const Dataset dataset = tiny_dataset(7);  // of class 0: 4 of 7
  const auto none = Standardization::none(1);
  for (const int seed : {1, 2, 3, 4}) {
    Config config = config_with(R"({ type = "flatten" }, { type = "dense", units = 5 },
                                   { type = "batch_norm" }, { type = "relu" },
                                   { type = "dense", units = 2 })");
    config.seed = static_cast<std::uint64_t>(seed);
    Sequential model = build_model(config, kTinyInput);
    Tensor& beta = model.state().parameters[2]->value;
    beta = random_tensor(concat("beta", seed), {5});
    // Its one answer: what beta alone leads to.
    Tape tape;
    Sequential behind = model;
    Var x = tape.constant(beta.reshaped({1, 5}));
    for (const std::size_t i : {3u, 4u}) x = behind.layer(i).forward(x, Mode::inference);
    const double expected = x.value()[0] >= x.value()[1] ? 4.0 / 7 : 3.0 / 7;
    CHECK(accuracy_in_training_mode(model, dataset, none, 7, 1) == expected);
  }
}

TEST_CASE("accuracy_in_training_mode: batches have their own statistics, a rest is left out") {
  Dataset dataset = tiny_dataset(11);
  for (std::size_t i = 0; i < 11; i += 3) dataset.labels[i] ^= 1;
  const auto standardization = Standardization::of(dataset);
  Sequential model = model_of(kTinyLayers), kept = model;
  for (const Index size : {2, 3, 5}) {
    CAPTURE(size);
    Index right = 0, seen = 0;
    for (Index first = 0; first + size <= 11; first += size, seen += size) {
      const Batch batch = make_batch(dataset, standardization, first, size);
      Tape tape;
      Sequential copy = model;
      right += count_correct(copy.forward(tape.constant(batch.images), Mode::training).value(),
                             batch.labels);
    }
    CHECK(accuracy_in_training_mode(model, dataset, standardization, 11, size) ==
          static_cast<double>(right) / static_cast<double>(seen));
  }
  // Behind a convolution an image has statistics of its own, and two copies of it have the same.
  Index right = 0;
  for (Index i = 0; i < 11; ++i) {
    const Batch batch = make_batch(dataset, standardization, i, 1);
    Tape tape;
    Sequential copy = model;
    right += count_correct(copy.forward(tape.constant(batch.images), Mode::training).value(),
                           batch.labels);
  }
  CHECK(right > 0);
  CHECK(right < 11);
  CHECK(accuracy_in_training_mode(model, dataset, standardization, 11, 1) ==
        static_cast<double>(right) / 11);
  // Fewer images than a batch takes say nothing; and the model stays as it was.
  CHECK(std::isnan(accuracy_in_training_mode(model, dataset, standardization, 4, 5)));
  CHECK(different_bits(model.state().buffers[0]->value, kept.state().buffers[0]->value) == "");
}

}  // namespace
}  // namespace minitape
