#include "minitape/run/diagnostics.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/run/layer_by_layer.hpp"
#include "minitape/run/trainer.hpp"
#include "nn/layer_testing.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

using Numbers = std::vector<double>;
namespace fs = std::filesystem;

// One of everything that has a column of its own.
const std::string kProbedLayers = R"(
  { type = "conv2d", filters = 3, kernel = 3, padding = "same", bias = true },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "residual", layers = [{ type = "dropout", rate = 0.25 }, { type = "sigmoid" }] },
  { type = "flatten" },
  { type = "dense", units = 4 },
  { type = "batch_norm", noise = true },
  { type = "tanh" },
  { type = "dense", units = 2 },
)";

// What a Diagnostics writes in one measurement of a model that looks trained.
struct Measured {
  explicit Measured(const std::string& layers, const std::string& keys = "", Index train = 60)
      : config(config_with(layers, "[train]\nbatch_size = 5\n" + keys)),
        data{tiny_dataset(train), tiny_dataset(9)},
        standardization(Standardization::of(data.train)),
        model(build_model(config, kTinyInput)) {
    randomize(model);
  }

  void measure(Index epoch, double rate) {
    Diagnostics(folder.path(), model, 0).measure(epoch, rate, model, data, standardization, config);
    rows = read_csv(folder.path() / "layers.csv");
    probes = read_csv(folder.path() / "probes.csv");
  }

  double cell(std::size_t row, const std::string& column) const {
    return rows.numbers(column)[row];
  }

  TemporaryFolder folder;
  Config config;
  TrainTest data;
  Standardization standardization;
  Sequential model;
  CsvTable rows, probes;
};

// ---- layers.csv, column by column ----

// A layer as the test runs it.
struct Passed {
  std::string name;
  Layer* layer;
  Var x, y;
};

Var pass(Sequential& model, Var x, Mode mode, std::vector<Passed>& layers) {
  for (std::size_t i = 0; i < model.size(); ++i) {
    Var y = x;
    if (auto* const residual = dynamic_cast<Residual*>(&model.layer(i))) {
      y = x + pass(residual->body(), x, mode, layers);
    } else {
      y = model.layer(i).forward(x, mode);
    }
    y.keep_gradient();
    layers.push_back({model.name(i), &model.layer(i), x, y});
    x = y;
  }
  return x;
}

Numbers in_double(const Tensor& x) { return {x.values().begin(), x.values().end()}; }

double mean_of(const Numbers& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double sd_of(const Numbers& values) {
  double squares = 0;
  for (const double value : values) squares += std::pow(value - mean_of(values), 2);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

double norm_of(const Tensor& x) {
  double squares = 0;
  for (const double value : in_double(x)) squares += value * value;
  return std::sqrt(squares);
}

double percentile(Numbers values, std::size_t percent) {
  std::ranges::sort(values);
  return values[values.size() * percent / 100];
}

Numbers channel(const Tensor& x, Index c) {
  Numbers values;
  for (Index i = c; i < x.size(); i += x.channels()) values.push_back(double{x[i]});
  return values;
}

double dead_of(const std::string& type, const Tensor& y) {
  double dead = 0;
  if (type == "sigmoid" || type == "tanh") {
    for (const double value : in_double(y)) {
      const double part = type == "tanh" ? (value + 1) / 2 : value;
      dead += part < 0.03 || part > 0.97;
    }
    return dead / static_cast<double>(y.size());
  }
  for (Index c = 0; c < y.channels(); ++c) dead += sd_of(channel(y, c)) == 0;
  return dead / static_cast<double>(y.channels());
}

using Row = std::map<std::string, double>;

Row expected_row(const Passed& passed, double inference_sd, double update_rate) {
  const Tensor& y = passed.y.value();
  const Numbers values = in_double(y);
  Row row{{"mean", mean_of(values)},
          {"sd", sd_of(values)},
          {"p15", percentile(values, 15)},
          {"p50", percentile(values, 50)},
          {"p85", percentile(values, 85)},
          {"unit_p15", percentile(channel(y, 0), 15)},
          {"unit_p50", percentile(channel(y, 0), 50)},
          {"unit_p85", percentile(channel(y, 0), 85)},
          {"dead", dead_of(passed.layer->type(), y)},
          {"gradient_norm", norm_of(passed.y.gradient())},
          {"inference_sd", inference_sd},
          {"low", *std::ranges::min_element(values)},
          {"high", *std::ranges::max_element(values)}};
  for (const char* name : {"kernel_norm", "bias_norm", "parameter_gradient_norm", "log10_update",
                           "mean_distance", "variance_distance"}) {
    row[name] = kNaN;
  }
  const std::string type = passed.layer->type();
  const LayerState state = passed.layer->state();
  if (!state.parameters.empty()) {
    double squares = 0;
    for (const Parameter* parameter : state.parameters) {
      squares += std::pow(norm_of(parameter->gradient), 2);
    }
    row["parameter_gradient_norm"] = std::sqrt(squares);
  }
  if (type == "conv2d" || type == "dense") {
    row["kernel_norm"] = norm_of(state.parameters[0]->value);
    if (state.parameters.size() > 1) row["bias_norm"] = norm_of(state.parameters[1]->value);
    row["log10_update"] =
        std::log10(update_rate * norm_of(state.parameters[0]->gradient) / row["kernel_norm"]);
  }
  for (Index bin = 1; bin <= 20; ++bin) row[concat("h", bin)] = 0;
  for (const double value : values) {
    Index bin = 1;
    while (bin < 20 && value >= row["low"] + (row["high"] - row["low"]) * double(bin) / 20) ++bin;
    ++row[concat("h", bin)];
  }
  return row;
}

TEST_CASE("layers.csv: each column against a direct computation") {
  Measured run(kProbedLayers, "[optimizer]\nmomentum = 0.75\n");
  // A channel that relu always cuts off, and units that saturate.
  run.model.state().parameters[3]->value[1] = -100;
  run.model.state().parameters[5]->value.fill(2);
  run.measure(7, 0.5);

  // Inference, then training on copies that see the model as it was.
  const Batch batch = make_batch(run.data.train, run.standardization, 0, 5);
  Sequential for_inference = run.model, for_training = run.model;
  std::vector<Passed> inference, training;
  Tape first, second;
  pass(for_inference, first.variable(batch.images), Mode::inference, inference);
  const std::vector<Buffer*> running = run.model.state().buffers;
  for (Parameter* parameter : for_training.state().parameters) parameter->gradient.fill(0);
  const Var logits = pass(for_training, second.variable(batch.images), Mode::training, training);
  second.backward(softmax_cross_entropy(logits, batch.labels));

  REQUIRE(run.rows.rows.size() == 11);
  CHECK(run.rows.columns.size() == 41);
  std::size_t batch_norms = 0;
  for (std::size_t i = 0; i < 11; ++i) {
    CAPTURE(training[i].name);
    CHECK(run.rows.rows[i][0] == "7");
    CHECK(run.rows.rows[i][1] == training[i].name);
    Row expected =
        expected_row(training[i], sd_of(in_double(inference[i].y.value())), 0.5 / (1 - 0.75));
    if (training[i].layer->type() == "batch_norm") {
      // The mean distance of the running statistics, before this batch moves them.
      const Tensor& x = training[i].x.value();
      Numbers means, variances;
      for (Index c = 0; c < x.channels(); ++c) {
        const Numbers values = channel(x, c);
        means.push_back(std::abs(double{running[batch_norms]->value[c]} - mean_of(values)));
        variances.push_back(
            std::abs(double{running[batch_norms + 1]->value[c]} - std::pow(sd_of(values), 2)));
      }
      expected["mean_distance"] = mean_of(means);
      expected["variance_distance"] = mean_of(variances);
      batch_norms += 2;
    }
    double counted = 0;
    for (const auto& [column, value] : expected) {
      CAPTURE(column);
      const double actual = run.cell(i, column);
      if (column.starts_with("h") && column != "high") counted += actual;
      if (std::isnan(value)) {
        CHECK(std::isnan(actual));
      } else {
        CHECK(actual == doctest::Approx(value).epsilon(1e-5));
      }
    }
    CHECK(counted == static_cast<double>(training[i].y.value().size()));
  }
  CHECK(batch_norms == 4);
  // The test is about something.
  CHECK(run.cell(2, "dead") == 1.0 / 3);
  CHECK(run.cell(9, "dead") > 0);
  CHECK(run.cell(9, "dead") < 1);
  CHECK(run.cell(8, "inference_sd") != doctest::Approx(run.cell(8, "sd")).epsilon(0.01));
}

TEST_CASE("layers.csv: of numbers that anyone can check") {
  // Two images of 16 pixels, unstandardized: 0, 8, 16, … 248, each divided by 255.
  Measured run("{ type = \"flatten\" }", "", 2);
  for (std::size_t i = 0; i < 32; ++i) run.data.train.pixels[i] = static_cast<std::uint8_t>(8 * i);
  run.standardization = Standardization::none(1);
  run.measure(0, 0.1);
  REQUIRE(run.rows.rows.size() == 1);
  const auto at_pixel = [](double i) { return doctest::Approx(8 * i / 255).epsilon(1e-6); };
  CHECK(run.cell(0, "mean") == at_pixel(15.5));
  CHECK(run.cell(0, "sd") == at_pixel(std::sqrt((32 * 32 - 1) / 12.0)));
  CHECK(run.cell(0, "p15") == at_pixel(4));  // 4 of 32 are below: less than 15 %, more with it
  CHECK(run.cell(0, "p50") == at_pixel(16));
  CHECK(run.cell(0, "p85") == at_pixel(27));
  CHECK(run.cell(0, "unit_p15") == 0);  // the first pixel of both images: 0 and 16
  CHECK(run.cell(0, "unit_p50") == at_pixel(16));
  CHECK(run.cell(0, "unit_p85") == at_pixel(16));
  CHECK(run.cell(0, "low") == 0);
  CHECK(run.cell(0, "high") == at_pixel(31));
  for (int bin = 1; bin <= 20; ++bin) {
    CAPTURE(bin);
    int count = 0;
    for (int i = 0; i < 32; ++i) count += std::min(20 * i / 31, 19) == bin - 1;
    CHECK(run.cell(0, concat("h", bin)) == count);
  }
  CHECK(run.cell(0, "dead") == 0);
  CHECK(run.cell(0, "inference_sd") == run.cell(0, "sd"));
}

TEST_CASE("layers.csv: a layer that says nothing: one value, all channels dead") {
  Measured run(R"({ type = "flatten" }, { type = "dense", units = 2 })");
  for (Parameter* parameter : run.model.state().parameters) parameter->value.fill(0);
  run.measure(0, 0.1);
  CHECK(run.cell(1, "dead") == 1);
  CHECK(run.cell(1, "low") == 0);
  CHECK(run.cell(1, "high") == 0);
  CHECK(run.cell(1, "h1") == 10);  // 5 images, 2 numbers each
  CHECK(run.cell(1, "h20") == 0);
  CHECK(run.cell(1, "kernel_norm") == 0);
  CHECK(run.cell(1, "log10_update") == kInfinity);
  CHECK(run.probes.numbers("loss")[0] == doctest::Approx(std::log(2)).epsilon(1e-6));
}

TEST_CASE("layers.csv: of numbers that are not finite the others are told, each once") {
  // Without the filter minmax compares with NaN: 1 would lie below its "lowest" value.
  Measured run(R"({ type = "flatten" }, { type = "dense", units = 6 })");
  const std::vector<Parameter*> parameters = run.model.state().parameters;
  parameters[0]->value.fill(0);
  const Real inf = std::numeric_limits<Real>::infinity();
  parameters[1]->value = numbers({6}, {5, 10, kNaN, 1, -double{inf}, 9});
  run.measure(0, 0.1);
  CHECK(run.cell(1, "low") == 1);
  CHECK(run.cell(1, "high") == 10);
  CHECK(run.cell(1, "h1") == 5);
  CHECK(run.cell(1, "h9") == 5);   // 5: 4/9 of the way
  CHECK(run.cell(1, "h18") == 5);  // 9: 8/9 of the way
  CHECK(run.cell(1, "h20") == 5);
  CHECK(run.cell(1, "p15") == 1);
  CHECK(std::isnan(run.cell(1, "mean")));
  // Extremes that are as far apart as numbers can be, and nothing at all.
  const double most = double{std::numeric_limits<Real>::max()};
  parameters[1]->value = numbers({6}, {-most, most, 0, 0, 0, 0});
  run.measure(0, 0.1);
  CHECK(run.cell(1, "h1") == 5);
  CHECK(run.cell(1, "h11") == 20);
  CHECK(run.cell(1, "h20") == 5);
  parameters[1]->value.fill(Real(kNaN));
  run.measure(0, 0.1);
  for (const char* column : {"low", "high", "h1", "h20", "p50", "unit_p50"}) {
    CAPTURE(column);
    CHECK(std::isnan(run.cell(1, column)));
  }
}

TEST_CASE("layers.csv: a residual block has its layers' gradients, but no kernel of its own") {
  Measured run(R"(
    { type = "residual", layers = [
      { type = "conv2d", filters = 1, kernel = 3, padding = "same" },
      { type = "conv2d", filters = 1, kernel = 3, padding = "same" },
    ] },
    { type = "flatten" }, { type = "dense", units = 2 })");
  run.measure(0, 0.1);
  REQUIRE(run.rows.rows.size() == 5);
  CHECK(run.rows.rows[2][1] == "0.residual");
  CHECK(std::isnan(run.cell(2, "kernel_norm")));
  CHECK(std::isnan(run.cell(2, "bias_norm")));
  CHECK(std::isnan(run.cell(2, "log10_update")));
  CHECK(run.cell(2, "parameter_gradient_norm") ==
        doctest::Approx(std::hypot(run.cell(0, "parameter_gradient_norm"),
                                   run.cell(1, "parameter_gradient_norm"))));
}

TEST_CASE("layers.csv: a gradient that is no number is not passed over") {
  Measured run(R"({ type = "flatten" }, { type = "dense", units = 2 })");
  run.model.state().parameters[1]->value.fill(Real(kNaN));
  run.measure(0, 0.1);
  CHECK(std::isnan(run.cell(1, "parameter_gradient_norm")));
  CHECK(run.probes.numbers("loss_highest")[0] == std::numeric_limits<double>::infinity());
}

TEST_CASE("layers.csv: what is not trained has gradient 0") {
  Measured run(kTinyLayers, "[optimizer]\ntrain = [\"gamma\"]\n");
  run.measure(0, 0.1);
  CHECK(run.cell(0, "parameter_gradient_norm") == 0);
  CHECK(run.cell(0, "log10_update") == -kInfinity);
  CHECK(run.cell(0, "gradient_norm") > 0);
  CHECK(run.cell(1, "parameter_gradient_norm") > 0);
}

// ---- probes.csv ----

TEST_CASE("probes.csv: accuracies in training mode, of a twentieth of as many images") {
  Measured run(kTinyLayers, "", 130);  // a twentieth: 6
  run.data.test.labels[7] ^= 1;
  run.measure(0, 0.1);
  const auto accuracy = [&run](Index count, Index size) {
    return accuracy_in_training_mode(run.model, run.data.test, run.standardization, count, size);
  };
  CHECK(run.probes.numbers("test_accuracy_batch_statistics")[0] == accuracy(6, 5));
  CHECK(run.probes.numbers("test_accuracy_one_image")[0] == accuracy(6, 1));
  CHECK(accuracy(6, 1) != accuracy(9, 1));
  // No more than there are; too few for a batch: nothing is said.
  Measured all(kTinyLayers, "", 400), few(kTinyLayers, "", 40);
  all.measure(0, 0.1);
  CHECK(all.probes.numbers("test_accuracy_one_image")[0] ==
        accuracy_in_training_mode(all.model, all.data.test, all.standardization, 9, 1));
  few.measure(0, 0.1);
  CHECK(std::isnan(few.probes.numbers("test_accuracy_batch_statistics")[0]));
  CHECK_FALSE(std::isnan(few.probes.numbers("test_accuracy_one_image")[0]));
}

struct LossAndGradients {
  double loss = 0;
  std::vector<Tensor> gradients;
};

LossAndGradients at_point(Sequential model, const Batch& batch) {
  for (Parameter* parameter : model.state().parameters) parameter->gradient.fill(0);
  Tape tape;
  const Var logits = model.forward(tape.constant(batch.images), Mode::training);
  const Var loss = softmax_cross_entropy(logits, batch.labels);
  tape.backward(loss);
  LossAndGradients result{double{loss.value().item()}, {}};
  for (const Parameter* parameter : model.state().parameters) {
    result.gradients.push_back(parameter->gradient);
  }
  return result;
}

TEST_CASE("probes.csv: the loss along the gradient, by four steps that are really taken") {
  for (const double rate : {0.01, 30.0}) {
    CAPTURE(rate);
    Measured run(kProbedLayers);
    run.measure(3, rate);
    const Batch batch = make_batch(run.data.train, run.standardization, 0, 5);
    const LossAndGradients here = at_point(run.model, batch);
    double lowest = here.loss, highest = here.loss, change = 0, smoothness = 0;
    for (const double factor : {0.5, 1.0, 2.0, 4.0}) {
      Sequential moved = run.model;
      double step = 0, difference = 0;
      const std::vector<Parameter*> parameters = moved.state().parameters;
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        for (Index i = 0; i < parameters[p]->value.size(); ++i) {
          const double move = -rate * factor * double{here.gradients[p][i]};
          parameters[p]->value[i] += static_cast<Real>(move);
          step += move * move;
        }
      }
      const LossAndGradients there = at_point(moved, batch);
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        for (Index i = 0; i < parameters[p]->value.size(); ++i) {
          difference += std::pow(double{there.gradients[p][i]} - double{here.gradients[p][i]}, 2);
        }
      }
      lowest = std::min(lowest, there.loss);
      highest = std::max(highest, there.loss);
      change = std::max(change, std::sqrt(difference));
      smoothness = std::max(smoothness, std::sqrt(difference) / std::sqrt(step));
    }
    const auto probe = [&run](const char* column) { return run.probes.numbers(column)[0]; };
    CHECK(run.probes.rows[0][0] == "3");
    CHECK(probe("loss") == doctest::Approx(here.loss).epsilon(1e-5));
    CHECK(probe("loss_lowest") == doctest::Approx(lowest).epsilon(1e-4));
    CHECK(probe("loss_highest") == doctest::Approx(highest).epsilon(1e-4));
    CHECK(probe("gradient_change") == doctest::Approx(change).epsilon(1e-4));
    CHECK(probe("smoothness") == doctest::Approx(smoothness).epsilon(1e-4));
    CHECK(probe("loss_lowest") < here.loss);  // a small step down the gradient goes down
    CHECK((probe("loss_highest") > here.loss) == (rate > 1));
  }
}

TEST_CASE("probes.csv: smoothness of a loss whose second derivative is known") {
  // Logits b and 0 of two equal images with both labels: loss = softplus(b) − b / 2, of which the
  // second derivative at b = 0 is 1/4; in the two biases' space it is 1/2 along (1, −1).
  Measured run(R"({ type = "flatten" }, { type = "dense", units = 2 })",
               "[optimizer]\ntrain = [\"bias\"]\n", 2);
  std::ranges::fill(run.data.train.pixels, std::uint8_t{100});
  const std::vector<Parameter*> parameters = run.model.state().parameters;
  for (Parameter* parameter : parameters) parameter->value.fill(0);
  parameters[1]->value[0] = Real(0.01);  // else the gradient would be 0
  run.measure(0, 0.001);
  CHECK(run.probes.numbers("smoothness")[0] == doctest::Approx(0.5).epsilon(1e-3));
  // g = (sigmoid(0.01) − 1/2) · (1, −1): four rates along it change it by 1/2 · 4 · 0.001.
  const double g = std::sqrt(2) * (1 / (1 + std::exp(-0.01)) - 0.5);
  CHECK(run.probes.numbers("gradient_change")[0] == doctest::Approx(g * 0.002).epsilon(0.01));
}

// ---- Runs ----

// All that a look could disturb: running statistics, masks, noise, velocities, augmentation.
Config probed_config(const std::string& keys) {
  Config config = config_with(kProbedLayers, "[train]\nbatch_size = 4\n" + keys);
  config.data.augment = {"flip", "crop"};
  config.optimizer.nesterov = true;
  config.diagnostics = true;
  return config;
}

TrainTest probed_data() { return {tiny_dataset(22), tiny_dataset(6)}; }

std::string both_tables(const fs::path& run) {
  return file_text(run / "layers.csv") + file_text(run / "probes.csv");
}

TrainWatcher stopped_after(Index steps) {
  const auto left = std::make_shared<Index>(steps);
  return {.on_step = [left](const StepRecord&, Index, Index) { --*left; },
          .wants_to_stop = [left] { return *left <= 0; }};
}

TEST_CASE("diagnostics: a run is the same, bit for bit, as if nobody had looked") {
  const TemporaryFolder folder;
  for (const char* recalibrate : {"none", "pooled"}) {
    const fs::path with = folder.path() / concat(recalibrate, "-with");
    const fs::path without = folder.path() / concat(recalibrate, "-without");
    Config config = probed_config("epochs = 3\n");
    config.batch_norm.recalibrate = recalibrate;
    train(config, probed_data(), with);
    config.diagnostics = false;
    train(config, probed_data(), without);
    for (const char* file : {"initial.safetensors", "model.safetensors"}) {
      CHECK(file_text(with / file) == file_text(without / file));
    }
    for (const char* column : {"loss", "accuracy"}) {
      CHECK(read_csv(with / "steps.csv").numbers(column) ==
            read_csv(without / "steps.csv").numbers(column));
    }
    for (const char* column : {"train_loss", "train_eval_loss", "test_loss", "test_accuracy"}) {
      CHECK(read_csv(with / "metrics.csv").numbers(column) ==
            read_csv(without / "metrics.csv").numbers(column));
    }
    CHECK_FALSE(fs::exists(without / "layers.csv"));
    CHECK_FALSE(fs::exists(without / "probes.csv"));
  }
}

TEST_CASE("diagnostics: a row before training and after each epoch, of the model as it then was") {
  const TemporaryFolder folder;
  const Config config = probed_config("epochs = 2\nmax_steps = 8\n");
  train(config, probed_data(), folder.path() / "run");
  const CsvTable rows = read_csv(folder.path() / "run" / "layers.csv");
  CHECK(rows.rows.size() == 33);
  CHECK(rows.numbers("epoch")[10] == 0);
  CHECK(rows.numbers("epoch")[11] == 1);
  CHECK(rows.numbers("epoch")[32] == 2);
  CHECK(read_csv(folder.path() / "run" / "probes.csv").numbers("epoch") == Numbers{0, 1, 2});
  // The first and the last rows are those of the models that are kept.
  for (const auto& [file, first] : {std::pair("initial", 0), std::pair("model", 22)}) {
    Sequential model = build_model(config, kTinyInput);
    load_model(model, read_safetensors(folder.path() / "run" / concat(file, ".safetensors")));
    const auto kernel = norm_of(model.state().parameters[0]->value);
    CHECK(rows.numbers("kernel_norm")[static_cast<std::size_t>(first)] == doctest::Approx(kernel));
  }
}

TEST_CASE("diagnostics: the update is that of the schedule's rate at the last step") {
  const TemporaryFolder folder;
  Config config = probed_config("epochs = 2\n");
  config.schedule.name = "step";
  config.schedule.step_epochs = 1;
  config.schedule.factor = 0.01;
  train(config, probed_data(), folder.path() / "run");
  const CsvTable rows = read_csv(folder.path() / "run" / "layers.csv");
  for (const auto& [row, rate] : {std::pair<std::size_t, double>(0, 0.1), {11, 0.1}, {22, 0.001}}) {
    CAPTURE(row);
    Sequential model = build_model(config, kTinyInput);
    const double relative = 10 * rate;  // learning_rate / (1 − 0.9)
    const double kernel = rows.numbers("kernel_norm")[row];
    const double update = std::pow(10, rows.numbers("log10_update")[row]) * kernel / relative;
    // The convolution has a bias, too: its kernel's gradient is a part of all.
    CHECK(update < rows.numbers("parameter_gradient_norm")[row] * (1 + 1e-6));
    CHECK(update > 0.2 * rows.numbers("parameter_gradient_norm")[row]);
  }
}

TEST_CASE("diagnostics: stopped after any step and resumed, the tables are the same") {
  const TemporaryFolder folder;
  const Config config = probed_config("epochs = 3\n");  // of 6 steps
  train(config, probed_data(), folder.path() / "straight");
  const std::string expected = both_tables(folder.path() / "straight");
  for (const Index steps : {1, 3, 6, 7, 12, 17}) {
    CAPTURE(steps);
    const fs::path path = folder.path() / std::to_string(steps);
    TrainOutcome outcome = train(config, probed_data(), path, stopped_after(steps));
    CHECK(outcome.interrupted);
    for (int i = 0; outcome.interrupted && i < 20; ++i) {
      outcome = train(config, probed_data(), path, stopped_after(steps), Start::resume);
    }
    CHECK(both_tables(path) == expected);
  }
}

TEST_CASE("diagnostics: killed behind a measurement, its rows are cut off and written again") {
  const TemporaryFolder folder;
  const Config config = probed_config("epochs = 3\n");
  train(config, probed_data(), folder.path() / "straight");
  const fs::path path = folder.path() / "run";
  // The checkpoint of step 6 knows of no epoch; the tables already have the next one.
  train(config, probed_data(), path, stopped_after(6));
  for (const char* file : {"layers.csv", "probes.csv"}) {
    fs::copy(folder.path() / "straight" / file, path / file, fs::copy_options::overwrite_existing);
  }
  train(config, probed_data(), path, {}, Start::resume);
  CHECK(both_tables(path) == both_tables(folder.path() / "straight"));
  // Killed before the first checkpoint.
  fs::remove(path / "checkpoint.safetensors");
  fs::remove(path / "model.safetensors");
  train(config, probed_data(), path, {}, Start::resume);
  CHECK(both_tables(path) == both_tables(folder.path() / "straight"));
}

TEST_CASE("diagnostics: a run that gets more epochs has the rows of a long one") {
  const TemporaryFolder folder;
  Config config = probed_config("epochs = 1\n");
  train(config, probed_data(), folder.path() / "grown");
  config.train.epochs = 3;
  train(config, probed_data(), folder.path() / "grown", {}, Start::resume);
  train(config, probed_data(), folder.path() / "straight");
  CHECK(both_tables(folder.path() / "grown") == both_tables(folder.path() / "straight"));
}

TEST_CASE("diagnostics: no epochs have the rows of the untrained model, also a second time") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "run";
  train(probed_config("epochs = 0\n"), probed_data(), path);
  CHECK(read_csv(path / "layers.csv").numbers("epoch") == Numbers(11, 0.0));
  CHECK(read_csv(path / "probes.csv").rows.size() == 1);
  const std::string before = both_tables(path);
  fs::remove(path / "model.safetensors");
  train(probed_config("epochs = 0\n"), probed_data(), path, {}, Start::resume);
  CHECK(both_tables(path) == before);
}

// Diverges within the first epoch.
Config overflowing_config() {
  Config config = config_with(kTinyLayers, "[train]\nbatch_size = 4\nepochs = 3\n");
  config.model.batch_norm = false;
  config.optimizer.learning_rate = 1e30;
  config.diagnostics = true;
  return config;
}

TEST_CASE("diagnostics: a run that diverges and goes on writes its rows") {
  const TemporaryFolder folder;
  Config config = overflowing_config();
  config.train.stop_on_divergence = false;
  const TrainOutcome outcome = train(config, probed_data(), folder.path() / "run");
  CHECK(outcome.divergence);
  const CsvTable rows = read_csv(folder.path() / "run" / "layers.csv");
  REQUIRE(rows.rows.size() == 16);
  CHECK(std::isfinite(rows.numbers("mean")[0]));
  CHECK(std::isnan(rows.numbers("mean")[15]));
  CHECK(read_csv(folder.path() / "run" / "probes.csv").rows.size() == 4);
}

TEST_CASE("diagnostics: a run that stops where it diverges has the rows until then") {
  const TemporaryFolder folder;
  CHECK(train(overflowing_config(), probed_data(), folder.path() / "run").divergence);
  CHECK(read_csv(folder.path() / "run" / "layers.csv").rows.size() == 4);
  CHECK(read_csv(folder.path() / "run" / "probes.csv").rows.size() == 1);
}

TEST_CASE("diagnostics: input that cannot work leaves nothing behind") {
  const TemporaryFolder folder;
  Config config = probed_config("epochs = 1\n");
  config.train.batch_size = 1;  // dense layers before batch norm
  CHECK(error_lacks({"[batch_norm"},
                    [&] { train(config, probed_data(), folder.path() / "run"); }) == "");
  CHECK_FALSE(fs::exists(folder.path() / "run"));
}

}  // namespace
}  // namespace minitape
