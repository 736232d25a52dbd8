#include "minitape/run/trainer.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>

#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/recipe/label_smoothing.hpp"
#include "minitape/recipe/whitening.hpp"
#include "minitape/run/csv.hpp"
#include "minitape/run/model_file.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

TrainTest tiny_data(Index train_images) { return {tiny_dataset(train_images), tiny_dataset(6)}; }

Config tiny_config(const std::string& train_keys) {
  return config_with(kTinyLayers, "[train]\n" + train_keys);
}

// Two dense layers whose kernels are fine but whose product no Real can hold.
Config diverging_config() {
  Config config = config_with(R"({ type = "flatten" }, { type = "dense", units = 3 },
                                 { type = "dense", units = 2 })",
                              "[train]\nbatch_size = 4\nepochs = 3");
  const double root = std::sqrt(double{std::numeric_limits<Real>::max()});
  config.model.init = {.type = "normal", .stddev = 1000 * root};
  return config;
}

// ---- evaluate ----

TEST_CASE("evaluate: weighs batches of unequal size by their images") {
  // More images than fit into one batch; in the last, smaller one all labels are wrong.
  Dataset dataset = tiny_dataset(600);
  for (std::size_t i = 256; i < 300; ++i) dataset.labels[i] ^= 1;
  const auto standardization = Standardization::of(dataset);
  const Sequential model = build_model(tiny_config(""), kTinyInput);
  const Score score = evaluate(model, dataset, standardization, 300);

  const Batch all = make_batch(dataset, standardization, 0, 300);
  const Tensor logits = model.predict(all.images);
  CHECK(score.loss ==
        doctest::Approx(double{softmax_cross_entropy(logits, all.labels).item()}).epsilon(1e-6));
  CHECK(score.accuracy == static_cast<double>(count_correct(logits, all.labels)) / 300);
}

TEST_CASE("evaluate: counts the first images alone") {
  Dataset dataset = tiny_dataset(64);
  const Sequential model = build_model(tiny_config(""), kTinyInput);
  const auto none = Standardization::none(1);
  const Score before = evaluate(model, dataset, none, 10);
  for (std::size_t i = 10; i < 64; ++i) dataset.labels[i] ^= 1;
  CHECK(evaluate(model, dataset, none, 10).loss == before.loss);
  CHECK(evaluate(model, dataset, none, 11).loss != before.loss);
}

TEST_CASE("evaluate: the very numbers of inference on a tape") {
  const Dataset dataset = tiny_dataset(64);  // a power of two: n·loss / n is exact
  const auto standardization = Standardization::of(dataset);
  Sequential model = build_model(tiny_config(""), kTinyInput);
  // Running statistics that are not those of the batch.
  for (Buffer* buffer : model.state().buffers) buffer->value.fill(Real(0.25));
  const Score score = evaluate(model, dataset, standardization, 64);

  Batch batch = make_batch(dataset, standardization, 0, 64);
  Tape tape;
  const Var logits = model.forward(tape.constant(std::move(batch.images)), Mode::inference);
  CHECK(score.loss == double{softmax_cross_entropy(logits, batch.labels).value().item()});
  CHECK(score.accuracy == static_cast<double>(count_correct(logits.value(), batch.labels)) / 64);
}

TEST_CASE("evaluate: several views give the weighted mean of their logits") {
  const Dataset dataset = tiny_dataset(20);
  const auto none = Standardization::none(1);
  const Sequential model = build_model(tiny_config(""), kTinyInput);
  const auto logits = [&](const View& view) {
    return model.predict(make_batch(dataset, none, 0, 20, view).images);
  };
  Tensor mirrored = logits({});
  const Tensor other = logits({.flip = true});
  for (Index i = 0; i < mirrored.size(); ++i) mirrored[i] = (mirrored[i] + other[i]) / 2;
  const std::vector<int> labels = make_batch(dataset, none, 0, 20).labels;
  const Score score = evaluate(model, dataset, none, 20, views_named("mirrored"));
  CHECK(score.loss ==
        doctest::Approx(double{softmax_cross_entropy(mirrored, labels).item()}).epsilon(1e-5));
  CHECK(score.accuracy == static_cast<double>(count_correct(mirrored, labels)) / 20);

  for (const char* name : {"none", "mirrored", "shifted"}) {
    double sum = 0;
    for (const auto& [view, weight] : views_named(name)) sum += weight;
    CHECK(sum == 1);
  }
  std::vector<std::pair<View, double>> shifted;
  for (const auto& [view, weight] : views_named("shifted")) shifted.emplace_back(view, weight);
  CHECK(shifted == std::vector<std::pair<View, double>>{{{false, 0, 0, false}, 0.25},
                                                        {{true, 0, 0, false}, 0.25},
                                                        {{false, -1, -1, true}, 0.125},
                                                        {{true, -1, -1, true}, 0.125},
                                                        {{false, 1, 1, true}, 0.125},
                                                        {{true, 1, 1, true}, 0.125}});
  CHECK_THROWS_AS(views_named("Shifted"), Error);
}

// ---- train ----

TEST_CASE("train: writes a row for every step and every epoch, and learns") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const TrainTest data = tiny_data(10);
  const Config config = tiny_config("batch_size = 4\nepochs = 8");
  Index watched_steps = 0, watched_images = 0, watched_epochs = 0;
  const TrainOutcome outcome = train(
      config, data, path,
      {.on_step =
           [&](const StepRecord& record, Index images, Index total) {
             CHECK(record.step == ++watched_steps);
             CHECK(total == 24);
             watched_images += images;
           },
       .on_epoch = [&](const EpochRecord& record) { CHECK(record.epoch == ++watched_epochs); }});
  CHECK(outcome.steps == 24);
  CHECK_FALSE(outcome.divergence);
  CHECK(outcome.last.epoch == 8);
  CHECK(outcome.last.test.accuracy == 1);
  CHECK(watched_steps == 24);
  CHECK(watched_images == 80);
  CHECK(watched_epochs == 8);

  const CsvTable steps = read_csv(path / "steps.csv"), metrics = read_csv(path / "metrics.csv");
  CHECK(steps.rows.size() == 24);
  CHECK(steps.numbers("epoch")[3] == 2);
  CHECK(metrics.rows.size() == 8);
  CHECK(metrics.numbers("step")[7] == 24);
  CHECK(metrics.numbers("test_loss")[7] == outcome.last.test.loss);
  // The epoch's training loss weighs its batches of 4, 4 and 2 by their images.
  const auto loss = steps.numbers("loss"), accuracy = steps.numbers("accuracy");
  CHECK(metrics.numbers("train_loss")[0] ==
        doctest::Approx((4 * loss[0] + 4 * loss[1] + 2 * loss[2]) / 10).epsilon(1e-12));
  CHECK(metrics.numbers("train_accuracy")[0] ==
        doctest::Approx((4 * accuracy[0] + 4 * accuracy[1] + 2 * accuracy[2]) / 10));
}

TEST_CASE("train: saves the model it began with and the one it measured") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const TrainTest data = tiny_data(10);
  const Config config = tiny_config("batch_size = 4\nepochs = 2");
  const TrainOutcome outcome = train(config, data, path);

  Sequential model = build_model(config, kTinyInput);
  CHECK(file_text(path / "initial.safetensors") != file_text(path / "model.safetensors"));
  const SafetensorsFile initial = read_safetensors(path / "initial.safetensors");
  CHECK(format_safetensors({initial.tensors, {}}) == format_safetensors(save_model(model)));
  const SafetensorsFile trained = read_safetensors(path / "model.safetensors");
  load_model(model, trained);
  // What is needed to use it is in the file as well.
  const DataFacts facts = load_data_facts(trained);
  CHECK(facts.image_shape == kTinyInput);
  CHECK(facts.class_names == data.train.class_names);
  CHECK(facts.standardization.mean == Standardization::of(data.train).mean);
  CHECK(facts.standardization.deviation == Standardization::of(data.train).deviation);
  const Score score = evaluate(model, data.test, Standardization::of(data.train), 6);
  CHECK(score.loss == outcome.last.test.loss);
  CHECK(score.accuracy == outcome.last.test.accuracy);
}

TEST_CASE("train: the loss of a step is that before its update") {
  const TemporaryFolder folder;
  const TrainTest data = tiny_data(4);
  Config config = tiny_config("batch_size = 4\nepochs = 1\nshuffle = false");
  config.optimizer.learning_rate = 5;
  train(config, data, folder.path() / "run");
  Sequential model = build_model(config, kTinyInput);
  Batch batch = make_batch(data.train, Standardization::of(data.train), 0, 4);
  Tape tape;
  const Var logits = model.forward(tape.constant(std::move(batch.images)), Mode::training);
  CHECK(read_csv(folder.path() / "run" / "steps.csv").numbers("loss")[0] ==
        double{softmax_cross_entropy(logits, batch.labels).value().item()});
}

TEST_CASE("train: max_steps ends it in the middle of an epoch, which is measured all the same") {
  const TemporaryFolder folder;
  const TrainOutcome outcome = train(tiny_config("batch_size = 4\nepochs = 9\nmax_steps = 5"),
                                     tiny_data(10), folder.path() / "run");
  CHECK(outcome.steps == 5);
  CHECK(outcome.last.epoch == 2);
  CHECK(outcome.last.step == 5);
  const CsvTable steps = read_csv(folder.path() / "run" / "steps.csv");
  const CsvTable metrics = read_csv(folder.path() / "run" / "metrics.csv");
  CHECK(steps.rows.size() == 5);
  CHECK(metrics.numbers("step") == std::vector<double>{3, 5});
  const auto loss = steps.numbers("loss");
  CHECK(metrics.numbers("train_loss")[1] ==
        doctest::Approx((loss[3] + loss[4]) / 2).epsilon(1e-12));
  CHECK(RunFolder::is_complete(folder.path() / "run"));
}

TEST_CASE("train: no epochs measure the untrained model") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const TrainOutcome outcome = train(tiny_config("epochs = 0"), tiny_data(10), path);
  CHECK(outcome.steps == 0);
  CHECK_FALSE(outcome.divergence);
  CHECK(read_csv(path / "steps.csv").rows.empty());
  const CsvTable metrics = read_csv(path / "metrics.csv");
  REQUIRE(metrics.rows.size() == 1);
  CHECK(metrics.numbers("epoch")[0] == 0);
  CHECK(std::isnan(metrics.numbers("train_loss")[0]));
  CHECK(std::isfinite(metrics.numbers("test_loss")[0]));
  CHECK(file_text(path / "initial.safetensors") == file_text(path / "model.safetensors"));
}

TEST_CASE("train: a last batch of one image is left out") {
  const TemporaryFolder folder;
  const TrainOutcome outcome =
      train(tiny_config("batch_size = 4\nepochs = 2"), tiny_data(9), folder.path() / "run");
  CHECK(outcome.steps == 4);
}

TEST_CASE("train: with nothing to train, the running statistics follow the batches all the same") {
  const TemporaryFolder folder;
  Config config = tiny_config("batch_size = 4\nepochs = 2");
  config.optimizer.train = {};
  CHECK(train(config, tiny_data(10), folder.path() / "run").steps == 6);
  Sequential initial = build_model(config, kTinyInput), trained = initial;
  load_model(trained, read_safetensors(folder.path() / "run" / "model.safetensors"));
  const LayerState before = initial.state(), after = trained.state();
  for (std::size_t i = 0; i < before.parameters.size(); ++i) {
    CHECK(different_bits(after.parameters[i]->value, before.parameters[i]->value) == "");
  }
  CHECK(different_bits(after.buffers[1]->value, before.buffers[1]->value) != "");
}

// ---- Divergence ----

TEST_CASE("train: the run ends where the loss is no longer finite and says which layer it was") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const TrainOutcome outcome = train(diverging_config(), tiny_data(10), path);
  REQUIRE(outcome.divergence);
  CHECK(outcome.divergence->step == 1);
  CHECK(outcome.divergence->learning_rate == 0.1);
  CHECK(outcome.divergence->where.starts_with("layer 2.dense (dense"));
  CHECK(outcome.steps == 1);
  // What was measured until then is kept, but there is no model.
  CHECK(read_csv(path / "steps.csv").rows.size() == 1);
  CHECK(read_csv(path / "metrics.csv").rows.empty());
  CHECK(std::filesystem::exists(path / "initial.safetensors"));
  CHECK_FALSE(RunFolder::is_complete(path));
}

TEST_CASE("train: without stop_on_divergence it goes on to the end and keeps the first place") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  Config config = diverging_config();
  config.train.stop_on_divergence = false;
  const TrainOutcome outcome = train(config, tiny_data(10), path);
  REQUIRE(outcome.divergence);
  CHECK(outcome.divergence->step == 1);
  CHECK(outcome.steps == 9);
  CHECK(read_csv(path / "steps.csv").rows.size() == 9);
  CHECK(read_csv(path / "metrics.csv").rows.size() == 3);
  CHECK(RunFolder::is_complete(path));
}

TEST_CASE("train: a parameter that is not finite is named itself") {
  const TemporaryFolder folder;
  Config config = diverging_config();
  config.model.init = {.type = "uniform", .limit = std::numeric_limits<double>::infinity()};
  const TrainOutcome outcome = train(config, tiny_data(4), folder.path() / "run");
  REQUIRE(outcome.divergence);
  CHECK(outcome.divergence->where == "parameter 1.dense.kernel");
}

TEST_CASE("train: a last update that was too large is found by the evaluation behind it") {
  const TemporaryFolder folder;
  Config config = diverging_config();
  config.model.init = {};
  config.train.epochs = 1;
  config.train.max_steps = 1;
  config.optimizer.learning_rate = double{std::numeric_limits<Real>::max()} / 100;
  const TrainOutcome outcome = train(config, tiny_data(4), folder.path() / "run");
  REQUIRE(outcome.divergence);
  CHECK(outcome.divergence->step == 1);
  CHECK(outcome.divergence->where == "the evaluation after this step");
  CHECK(read_csv(folder.path() / "run" / "metrics.csv").rows.size() == 1);
  CHECK_FALSE(RunFolder::is_complete(folder.path() / "run"));
}

// ---- Stopping and going on ----

// Everything that a stop could disturb: running statistics, random masks, velocities, augmentation,
// a schedule, an epoch's mean, a last batch of another size.
Config long_config() {
  return config_with(R"({ type = "conv2d", filters = 2, kernel = 3 },
                        { type = "batch_norm", running = "debiased_ema" }, { type = "relu" },
                        { type = "flatten" }, { type = "dropout", rate = 0.25 },
                        { type = "dense", units = 2 })",
                     R"([optimizer]
                        momentum = 0.9
                        nesterov = true
                        weight_decay = 0.01
                        [schedule]
                        name = "one_cycle"
                        [train]
                        batch_size = 4
                        epochs = 3)");
}

// What a run has left, but for the seconds.
std::string results_of(const std::filesystem::path& run) {
  std::string text = file_text(run / "model.safetensors") + file_text(run / "initial.safetensors");
  for (const char* file : {"steps.csv", "metrics.csv"}) {
    const CsvTable table = read_csv(run / file);
    for (const auto& row : table.rows) {
      for (std::size_t c = 0; c < row.size(); ++c) {
        if (table.columns[c] != "seconds") text += row[c] + ",";
      }
      text += "\n";
    }
  }
  return text;
}

// Asks for the end after so many steps of this process.
TrainWatcher stop_after(Index steps) {
  const auto left = std::make_shared<Index>(steps);
  return {.on_step = [left](const StepRecord&, Index, Index) { --*left; },
          .wants_to_stop = [left] { return *left <= 0; }};
}

TEST_CASE("train: stopped after any step and resumed, it ends with the same bits") {
  const TemporaryFolder folder;
  const TrainTest data = tiny_data(10);
  Config config = long_config();
  config.data.augment = {"flip", "crop"};
  train(config, data, folder.path() / "straight");
  const std::string expected = results_of(folder.path() / "straight");
  for (Index steps = 1; steps <= 9; ++steps) {
    CAPTURE(steps);
    const auto path = folder.path() / std::to_string(steps);
    int parts = 1;
    TrainOutcome outcome = train(config, data, path, stop_after(steps));
    while (outcome.interrupted) {
      CHECK_FALSE(RunFolder::is_complete(path));
      CHECK(outcome.steps == std::min<Index>(9, parts * steps));
      outcome = train(config, data, path, stop_after(steps), Start::resume);
      REQUIRE(++parts <= 10);
    }
    // Asked after the last step of an epoch, it also stops before the measurement.
    CHECK(parts == (9 + steps - 1) / steps + (9 % steps == 0 ? 1 : 0));
    CHECK(results_of(path) == expected);
  }
}

TEST_CASE("train: killed at any row, it goes on from the checkpoint and cuts off what came after") {
  const TemporaryFolder folder;
  const TrainTest data = tiny_data(10);
  Config config = long_config();
  config.train.checkpoint_seconds = 0;
  train(config, data, folder.path() / "straight");

  // The run at step 5, and then more rows, a half one, no model, and the checkpoint of step 5.
  const auto path = folder.path() / "killed";
  train(config, data, path, stop_after(5));
  std::ofstream(path / "steps.csv", std::ios::app) << "6,2,0.1,0.5,0.5,0.1\n7,3,0.1,0";
  std::ofstream(path / "metrics.csv", std::ios::app) << "2,6,0.1,0.1,1,1,1,1,1,1\n";
  train(config, data, path, {}, Start::resume);
  CHECK(results_of(path) == results_of(folder.path() / "straight"));

  // Killed before the first checkpoint, and before there was anything at all.
  std::filesystem::remove(path / "checkpoint.safetensors");
  std::filesystem::remove(path / "model.safetensors");
  train(config, data, path, {}, Start::resume);
  CHECK(results_of(path) == results_of(folder.path() / "straight"));
  train(config, data, folder.path() / "new", {}, Start::resume);
  CHECK(results_of(folder.path() / "new") == results_of(folder.path() / "straight"));
}

TEST_CASE("train: killed between the last measurement and the model, only the model is written") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  for (const char* keys :
       {"epochs = 2\nbatch_size = 4", "max_steps = 4\nbatch_size = 4", "epochs = 0"}) {
    CAPTURE(keys);
    std::filesystem::remove_all(path);
    const TrainOutcome first = train(tiny_config(keys), tiny_data(10), path);
    const std::string before = results_of(path);
    std::filesystem::remove(path / "model.safetensors");
    const TrainOutcome second =
        train(tiny_config(keys), tiny_data(10), path, stop_after(1), Start::resume);
    CHECK(results_of(path) == before);
    CHECK(second.steps == first.steps);
    CHECK(second.last.test.loss == first.last.test.loss);
  }
}

TEST_CASE("train: a run that may diverge keeps the first place over a stop") {
  const TemporaryFolder folder;
  Config config = diverging_config();
  config.model.init = {.type = "normal", .stddev = 1e9};
  config.optimizer.learning_rate = 1e9;
  config.train.stop_on_divergence = false;
  const TrainOutcome straight = train(config, tiny_data(10), folder.path() / "straight");
  REQUIRE(straight.divergence);
  const Index at = straight.divergence->step;
  REQUIRE(at < 6);

  const auto path = folder.path() / "run";
  train(config, tiny_data(10), path, stop_after(at + 2));
  const TrainOutcome resumed = train(config, tiny_data(10), path, {}, Start::resume);
  CHECK(resumed.steps == 9);
  REQUIRE(resumed.divergence);
  CHECK(resumed.divergence->step == at);
  CHECK(resumed.divergence->where == straight.divergence->where);
  CHECK(resumed.divergence->learning_rate == 1e9);
}

TEST_CASE("train: what cannot be resumed is refused and stays as it is") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const TrainTest data = tiny_data(10);
  const Config config = long_config();
  train(config, data, path, stop_after(5));
  const auto refused = [&](const Config& other, std::initializer_list<std::string_view> parts) {
    const std::string steps = file_text(path / "steps.csv");
    const std::string problem =
        error_lacks(parts, [&] { train(other, data, path, {}, Start::resume); });
    return problem + (file_text(path / "steps.csv") == steps ? "" : " steps.csv was changed");
  };
  Config other = config;
  other.optimizer.momentum = 0.5;
  other.seed = 2;
  CHECK(refused(other, {"[run]", "another config", "optimizer.momentum, seed"}) == "");

  const std::string checkpoint = file_text(path / "checkpoint.safetensors");
  std::filesystem::resize_file(path / "checkpoint.safetensors", 1000);
  CHECK(refused(config, {"cannot go on", "checkpoint.safetensors", "Remove this folder"}) == "");
  std::ofstream(path / "checkpoint.safetensors", std::ios::binary) << checkpoint;
  std::filesystem::resize_file(path / "steps.csv", 100);
  CHECK(refused(config, {"cannot go on", "steps.csv", "must have 5 whole rows", "row 1"}) == "");
  std::ofstream(path / "steps.csv") << "step,loss\n";
  CHECK(refused(config, {"cannot go on", "must begin with \"step,epoch"}) == "");
}

TEST_CASE("train: other data than the run began with are refused") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const TrainTest data = tiny_data(10);
  train(long_config(), data, path, stop_after(5));
  const auto refused = [&](const TrainTest& other, std::string_view key) {
    return error_lacks({"cannot go on", "the data must be those that the run began with", key},
                       [&] { train(long_config(), other, path, {}, Start::resume); });
  };
  TrainTest other = data;
  std::swap(other.train.class_names[0], other.train.class_names[1]);
  CHECK(refused(other, "class_names") == "");
  // A single pixel or label shows in the checksum of the data, of the test set as well.
  for (const bool is_test : {false, true}) {
    for (const bool is_label : {false, true}) {
      other = data;
      Dataset& set = is_test ? other.test : other.train;
      (is_label ? set.labels[1] : set.pixels[7]) ^= 1;
      CHECK(error_lacks({"holds a run on other data", data_checksum(data), data_checksum(other)},
                        [&] { train(long_config(), other, path, {}, Start::resume); }) == "");
    }
  }
  // A run from before there were checksums: what its checkpoint tells is compared.
  std::ofstream(path / "environment.json") << "{}";
  other = data;
  other.train.pixels[7] ^= 1;
  CHECK(refused(other, "deviation") == "");
  CHECK(refused({data.train, tiny_dataset(4)}, "images was [10, 6] and is [10, 4]") == "");
  std::vector<std::string> notes;
  const TrainWatcher watcher{.tell = [&](const std::string& note) { notes.push_back(note); }};
  CHECK_NOTHROW(train(long_config(), data, path, watcher, Start::resume));
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("no checksum of its data") != std::string::npos);
}

TEST_CASE("train: more epochs give the bytes of a run that was meant to be so long") {
  const TemporaryFolder folder;
  const auto grown = folder.path() / "grown", straight = folder.path() / "straight";
  const TrainTest data = tiny_data(10);
  Config config = long_config();
  config.schedule.name = "step";
  config.schedule.step_epochs = 2;
  config.train.epochs = 2;
  train(config, data, grown);
  config.train.epochs = 5;
  train(config, data, straight);
  train(config, data, grown, {}, Start::resume);
  for (const char* file : {"model.safetensors", "config.toml"}) {
    CHECK(file_text(grown / file) == file_text(straight / file));
  }
  const auto losses = [](const std::filesystem::path& run) {
    return read_csv(run / "steps.csv").numbers("loss");
  };
  CHECK(losses(grown) == losses(straight));
  CHECK(RunFolder::last_epoch(grown)->epoch == 5);
}

TEST_CASE("train: a checkpoint that stands where this run cannot is refused") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  train(long_config(), tiny_data(10), path, stop_after(5));
  const SafetensorsFile good = read_safetensors(path / "checkpoint.safetensors");
  // Three epochs of three steps: after one epoch the run stands at step 3 to 6.
  const std::pair<Index, Index> wrong[] = {{10, 3}, {5, 2}, {5, 0}, {5, 3}, {7, 1}};
  for (const auto& [steps, epochs] : wrong) {
    CAPTURE(steps);
    CAPTURE(epochs);
    SafetensorsFile file = good;
    for (SavedTensor& tensor : file.tensors) {
      if (tensor.name == "run.steps") tensor = save_number<Index>(tensor.name, steps);
      if (tensor.name == "run.epochs") tensor = save_number<Index>(tensor.name, epochs);
    }
    write_safetensors(path / "checkpoint.safetensors", file);
    CHECK(error_lacks({"cannot go on", "of this run of 3 epochs and 9 steps",
                       concat("step ", steps, " after ", epochs, " epochs")},
                      [&] { train(long_config(), tiny_data(10), path, {}, Start::resume); }) == "");
  }
}

// ---- Bad input ----

TEST_CASE("train: input that cannot work leaves no folder behind") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  // Found before anything is written: the wrong number of classes …
  TrainTest three = tiny_data(9);
  three.train.class_names.push_back("sideways");
  CHECK(error_lacks({"each of the 3 classes"}, [&] { train(tiny_config(""), three, path); }) == "");
  CHECK_FALSE(std::filesystem::exists(path));
  // … no batch to train on …
  CHECK(error_lacks({""}, [&] { train(tiny_config(""), tiny_data(1), path); }) == "");
  CHECK_FALSE(std::filesystem::exists(path));
  // … and found by the first step only: batch norm on batches of one value per channel.
  const Config one = config_with(R"({ type = "flatten" }, { type = "dense", units = 2 },
                                    { type = "batch_norm" })",
                                 "[train]\nbatch_size = 1");
  CHECK(error_lacks({"more than one value per channel"}, [&] { train(one, tiny_data(4), path); }) ==
        "");
  CHECK_FALSE(std::filesystem::exists(path));
  // … and, still before the first step, a last batch that ghost batches do not divide: of 14
  // images, 6 behind the first 8. A run that ends before it can do without.
  Config ghosts = tiny_config("batch_size = 8\n");
  ghosts.batch_norm.ghost_batch = 4;
  int steps = 0;
  const TrainWatcher watcher{.on_step = [&](const StepRecord&, Index, Index) { ++steps; }};
  CHECK(error_lacks({"ghost batches of 4 images: x is (6, "},
                    [&] { train(ghosts, tiny_data(14), path, watcher); }) == "");
  CHECK(steps == 0);
  CHECK_FALSE(std::filesystem::exists(path));
  ghosts.train.max_steps = 1;
  CHECK(train(ghosts, tiny_data(14), path).steps == 1);
}

TEST_CASE("train: another run in the folder stays as it is") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "config.toml") << "mine";
  CHECK(error_lacks({"holds another run"},
                    [&] { train(tiny_config(""), tiny_data(4), folder.path()); }) == "");
  CHECK(file_text(folder.path() / "config.toml") == "mine");
  CHECK(folder.file_names().size() == 1);
}

TEST_CASE("train: views.csv has the test images by one view and by several") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const TrainOutcome outcome =
      train(tiny_config("epochs = 1\nviews = \"shifted\""), tiny_data(8), path);
  const CsvTable views = read_csv(path / "views.csv");
  CHECK(views.columns == std::vector<std::string>{"epoch", "views", "test_loss", "test_accuracy"});
  REQUIRE(views.rows.size() == 2);
  CHECK(views.numbers("epoch") == std::vector<double>{1, 1});
  CHECK(views.rows[0][1] == "none");
  CHECK(views.numbers("test_loss")[0] == outcome.last.test.loss);
  CHECK(views.rows[1][1] == "shifted");
  const TrainTest data = tiny_data(8);
  Sequential model = build_model(tiny_config(""), kTinyInput);
  load_model(model, read_safetensors(path / "model.safetensors"));
  const Score several =
      evaluate(model, data.test, Standardization::of(data.train), 6, views_named("shifted"));
  CHECK(views.numbers("test_loss")[1] == several.loss);
  CHECK(RunFolder::views_accuracy(path) == several.accuracy);
  CHECK(several.loss != outcome.last.test.loss);

  train(tiny_config("epochs = 1"), tiny_data(8), folder.path() / "plain");
  CHECK_FALSE(std::filesystem::exists(folder.path() / "plain" / "views.csv"));
  CHECK_FALSE(RunFolder::views_accuracy(folder.path() / "plain"));
}

TEST_CASE("train: images that are too small for the views are refused before the first step") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  Dataset line{.name = "line", .image_shape = {1, 4, 1}, .class_names = {"a", "b"}};
  for (int i = 0; i < 16; ++i) line.pixels.push_back(static_cast<std::uint8_t>(16 * i));
  line.labels = {0, 1, 0, 1};
  const Config config = parse_config(
      "data = { name = \"none\", input = [1, 4, 1] }\nmodel.layers = [{ type = \"flatten\" }, "
      "{ type = \"dense\", units = 2 }]\ntrain = { batch_size = 2, views = \"shifted\" }",
      "line.toml");
  CHECK_THROWS_WITH_AS(train(config, {line, line}, path),
                       doctest::Contains("to be shifted by 1 with a mirrored border"), Error);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("train: label smoothing is part of the loss that is trained and written") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const TrainTest data = tiny_data(4);
  train(tiny_config("epochs = 1\nbatch_size = 4\nshuffle = false\nlabel_smoothing = 0.25"), data,
        path);
  Sequential model = build_model(tiny_config(""), kTinyInput);
  Batch batch = make_batch(data.train, Standardization::of(data.train), 0, 4);
  Tape tape;
  const Var logits = model.forward(tape.constant(std::move(batch.images)), Mode::training);
  CHECK(read_csv(path / "steps.csv").numbers("loss")[0] ==
        double{smoothed_cross_entropy(logits, batch.labels, 0.25).value().item()});
}

TEST_CASE("train: with lookahead and smoothed labels a run that is resumed has the same bits") {
  const TemporaryFolder folder;
  const Config config =
      config_with(kTinyLayers,
                  "[optimizer]\nlookahead_steps = 2\n[train]\nepochs = 3\nbatch_size = 4\n"
                  "label_smoothing = 0.1\ncheckpoint_seconds = 0");
  const auto final_model = [&](const std::string& name) {
    return read_safetensors(folder.path() / name / "model.safetensors").tensors;
  };
  train(config, tiny_data(16), folder.path() / "straight");
  int steps = 0;
  TrainWatcher watcher;
  watcher.wants_to_stop = [&] { return ++steps == 5; };
  CHECK(train(config, tiny_data(16), folder.path() / "stopped", watcher).interrupted);
  train(config, tiny_data(16), folder.path() / "stopped", {}, Start::resume);
  const auto straight = final_model("straight"), resumed = final_model("stopped");
  REQUIRE(straight.size() == resumed.size());
  for (std::size_t i = 0; i < straight.size(); ++i) CHECK(straight[i].bytes == resumed[i].bytes);

  Config plain = config;
  plain.optimizer.lookahead_steps = 0;
  train(plain, tiny_data(16), folder.path() / "plain");
  bool differ = false;
  const auto other = final_model("plain");
  for (std::size_t i = 0; i < other.size(); ++i) differ |= other[i].bytes != straight[i].bytes;
  CHECK(differ);
}

TEST_CASE("train: whitening starts from the training images; its kernel stays, also in lookahead") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const Config config = config_with(
      "{ type = \"conv2d\", filters = 8, kernel = 2, init = { type = \"whitening\" }, "
      "trainable = false }, { type = \"gelu\" }, { type = \"flatten\" }, "
      "{ type = \"dense\", units = 2 }, { type = \"scale\", factor = 0.5 }",
      "[optimizer]\nlookahead_steps = 2\n[train]\nepochs = 1\nbatch_size = 4");
  TrainTest data = tiny_data(16);
  Random random = stream(1, "pixels");
  for (auto& pixel : data.train.pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  train(config, data, path);
  const auto initial = read_safetensors(path / "initial.safetensors");
  const auto trained = read_safetensors(path / "model.safetensors");
  CHECK(initial.at("0.conv2d.kernel").bytes == trained.at("0.conv2d.kernel").bytes);
  CHECK(initial.at("0.conv2d.bias").bytes != trained.at("0.conv2d.bias").bytes);
  const Batch batch = make_batch(data.train, Standardization::of(data.train), 0, 16);
  const Tensor kernel = load_tensor(initial.at("0.conv2d.kernel"), {2, 2, 1, 8});
  CHECK(different_bits(kernel, whitening_kernel(batch.images, 2)) == "");
}

}  // namespace
}  // namespace minitape
