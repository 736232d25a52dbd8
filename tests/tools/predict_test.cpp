#include "minitape/tools/predict.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "minitape/config/build.hpp"
#include "minitape/data/batches.hpp"
#include "minitape/data/load.hpp"
#include "minitape/run/trainer.hpp"
#include "minitape/tools/fold.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// A run on images made in code, with a network that one step changes a little.
Config made_config(const std::string& name) {
  return parse_config("[data]\nname = \"" + name +
                          "\"\ntrain_limit = 40\ntest_limit = 20\n[model]\nlayers = [\n"
                          "{ type = \"conv2d\", filters = 3, kernel = 3, stride = 2 },\n"
                          "{ type = \"batch_norm\" }, { type = \"relu\" }, { type = \"flatten\" },"
                          "{ type = \"dense\", units = 10 }]\n[train]\nmax_steps = 1",
                      "made.toml");
}

TrainTest train_in(const fs::path& folder, const std::string& name) {
  const Config config = made_config(name);
  TrainTest data = load_data(build_source(config));
  train(config, data, folder);
  return data;
}

void train_tiny(const fs::path& folder) {
  train(config_with(kTinyLayers, "[train]\nmax_steps = 1\n"), {tiny_dataset(8), tiny_dataset(4)},
        folder);
}

Image image_of(const Dataset& dataset, Index i) {
  const auto pixels = dataset.image(i);
  return {dataset.image_shape, {pixels.begin(), pixels.end()}};
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

// ---- Pictures ----

TEST_CASE("an image of the test set gives what the model gave for it in training, bit for bit") {
  for (const std::string name : {"digits", "shapes"}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    const TrainTest data = train_in(folder.path() / "run", name);
    const TrainedModel trained = load_trained_model(folder.path() / "run");
    CHECK(trained.facts.class_names == data.test.class_names);
    const Standardization standardization = Standardization::of(data.train);
    for (Index i = 0; i < data.test.size(); ++i) {
      const Tensor z = trained.model.predict(make_batch(data.test, standardization, i, 1).images);
      std::vector<double> expected;
      double sum = 0;
      const double largest = double{*std::max_element(z.data(), z.data() + 10)};
      for (const Real value : z.values()) expected.push_back(std::exp(double{value} - largest));
      for (const double value : expected) sum += value;
      for (double& value : expected) value /= sum;

      const Image image = image_of(data.test, i);
      CHECK(prepared(trained, image) == image);
      CHECK(probabilities(trained.model, trained.facts, image) == expected);
    }
  }
}

TEST_CASE("probabilities add up to 1, and the folded model gives the same") {
  const TemporaryFolder folder;
  const TrainTest data = train_in(folder.path() / "run", "shapes");
  const TrainedModel trained = load_trained_model(folder.path() / "run");
  const Sequential fold = folded(trained.model);
  CHECK(count_batch_norms(fold) == 0);
  for (Index i = 0; i < data.test.size(); ++i) {
    const auto p = probabilities(trained.model, trained.facts, image_of(data.test, i));
    const auto q = probabilities(fold, trained.facts, image_of(data.test, i));
    double sum = 0;
    for (std::size_t c = 0; c < p.size(); ++c) {
      CHECK(p[c] > 0);
      CHECK(std::abs(p[c] - q[c]) < 1e-5);
      sum += p[c];
    }
    CHECK(sum == doctest::Approx(1));
  }
}

TEST_CASE("of a picture that is wider or higher than the network's, the middle is looked at") {
  const TemporaryFolder folder;
  train_in(folder.path() / "run", "shapes");
  const TrainedModel trained = load_trained_model(folder.path() / "run");
  for (const bool wide : {true, false}) {
    // Black but for a white middle of 64 x 64.
    const Index height = wide ? 64 : 200, width = wide ? 200 : 64;
    Image picture{{height, width, 3}, {}};
    for (Index i = 0; i < height * width; ++i) {
      const Index along = wide ? i % width : i / width;
      const auto value = static_cast<std::uint8_t>(along >= 68 && along < 132 ? 255 : 0);
      picture.pixels.insert(picture.pixels.end(), 3, value);
    }
    const Image image = prepared(trained, picture);
    CHECK(image.shape == Shape{32, 32, 3});
    CHECK(*std::min_element(image.pixels.begin(), image.pixels.end()) == 255);
  }
  const Image thin{{1, 500, 3}, std::vector<std::uint8_t>(1500, 9)};
  CHECK(prepared(trained, thin).shape == Shape{32, 32, 3});
}

TEST_CASE("a picture of a digit goes through the recipe") {
  const TemporaryFolder folder;
  train_in(folder.path() / "run", "digits");
  const TrainedModel trained = load_trained_model(folder.path() / "run");
  Image bar{{60, 60, 1}, std::vector<std::uint8_t>(3600, 200)};  // dark on light
  for (std::size_t r = 10; r < 50; ++r) std::fill_n(&bar.pixels[r * 60 + 5], 6, std::uint8_t{20});
  const Image image = prepared(trained, bar);
  CHECK(image.pixels[0] == 0);
  CHECK(image.pixels[14 * 28 + 14] > 200);  // light on dark, in the middle
}

// ---- Run folders ----

TEST_CASE("a folder that is no complete run is an error that says what is missing") {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  const auto lacks = [&](std::initializer_list<std::string_view> parts) {
    return error_lacks(parts, [&] { load_trained_model(run); });
  };
  CHECK(lacks({"[predict]", "run", "no such folder"}) == "");
  fs::create_directory(run);
  CHECK(lacks({"[predict]", "no config.toml"}) == "");
  train_tiny(folder.path() / "other");
  fs::copy(folder.path() / "other" / "config.toml", run / "config.toml");
  fs::copy(folder.path() / "other" / "checkpoint.safetensors", run / "checkpoint.safetensors");
  CHECK(lacks({"[predict]", "must be complete", "--resume"}) == "");
  write_text(run / "model.safetensors", "nothing");
  CHECK(lacks({"model.safetensors"}) == "");
  fs::copy(folder.path() / "other" / "model.safetensors", run / "model.safetensors",
           fs::copy_options::overwrite_existing);
  CHECK(load_trained_model(run).facts.class_names == std::vector<std::string>{"down", "up"});
}

TEST_CASE("config and model that do not fit together are told, with both files") {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  train_tiny(run);
  const std::string config = file_text(run / "config.toml");
  const auto change = [&](const std::string& from, const std::string& to) {
    std::string text = config;
    MINITAPE_CHECK(text.find(from) != text.npos, "[test] no ", from, " in ", text);
    write_text(run / "config.toml", text.replace(text.find(from), from.size(), to));
  };
  const auto lacks = [&](std::initializer_list<std::string_view> parts) {
    return error_lacks(parts, [&] { load_trained_model(run); });
  };
  change("filters = 2", "filters = 3");
  CHECK(lacks({"[predict]", "model.safetensors", "must fit", "config.toml", "0.conv2d.kernel"}) ==
        "");
  change("units = 2", "units = 3");
  CHECK(lacks({"[predict]", "must fit", "2 classes"}) == "");
  change("batch_norm = true", "batch_norm = false");
  CHECK(lacks({"[predict]", "must fit", "0.conv2d.bias"}) == "");
  write_text(run / "config.toml", config);

  // A file of tensors alone, as other programs write it.
  SafetensorsFile file = read_safetensors(run / "model.safetensors");
  file.metadata.clear();
  write_safetensors(run / "model.safetensors", file);
  CHECK(lacks({"[predict]", "metadata", "image_shape"}) == "");
}

TEST_CASE("a model whose numbers are not finite gives no answer") {
  const TemporaryFolder folder;
  train_tiny(folder.path() / "run");
  TrainedModel trained = load_trained_model(folder.path() / "run");
  trained.model.state().parameters[0]->value[0] = std::numeric_limits<Real>::quiet_NaN();
  CHECK(error_lacks({"[predict]", "not finite", "diverged"}, [&] {
          probabilities(trained.model, trained.facts, image_of(tiny_dataset(1), 0));
        }) == "");
}

// ---- Answers ----

TEST_CASE("an answer as text: the most probable first, bars as long as they are probable") {
  const Prediction prediction{"a.png", {0.25, 0, 0.75}};
  const std::vector<std::string> names{"cat", "ox", "größe"};
  CHECK(to_text(prediction, names) ==
        "a.png: größe (75.00 %)\n"
        "  größe   75.00 %   ##############################\n"
        "  cat     25.00 %   ##########\n"
        "  ox       0.00 %\n");
}

TEST_CASE("at most ten classes are shown, and no name can command the terminal") {
  Prediction prediction{"\x1b[2J.png", {}};
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) {
    prediction.probabilities.push_back(i == 11 ? 0.45 : 0.05);
    names.push_back(i == 11 ? "a\nb" : std::to_string(i));
  }
  const std::string text = to_text(prediction, names);
  CHECK(std::count(text.begin(), text.end(), '\n') == 11);
  CHECK(text.starts_with("?[2J.png: a?b (45.00 %)\n  a?b   45.00 %"));
  CHECK(text.find("\n  0      5.00 %") != text.npos);  // equals stay in their order
  CHECK(text.find("\n  9      5.00 %") == text.npos);
}

TEST_CASE("an answer as JSON, in full precision") {
  const double third = 1.0 / 3;
  const auto json = nlohmann::json::parse(
      to_json({{"a.png", {third, 1 - third}}, {"b \"\xff.png", {1, 0}}}, {"cat", "dog"}));
  REQUIRE(json.size() == 2);
  CHECK(json[0].size() == 5);
  CHECK(json[0]["file"] == "a.png");
  CHECK(json[0]["class"] == "dog");
  CHECK(json[0]["index"] == 1);
  CHECK(json[0]["probability"].get<double>() == 1 - third);
  CHECK(json[0]["probabilities"]["cat"].get<double>() == third);
  CHECK(json[1]["file"] == "b \"\uFFFD.png");
  CHECK(json[1]["class"] == "cat");
  CHECK(nlohmann::json::parse(to_json({}, {"cat"})) == nlohmann::json::array());
}

}  // namespace minitape
