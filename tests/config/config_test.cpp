// What is read, written and compared. config_errors_test.cpp has what is refused.
#include "minitape/config/config.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

using namespace minitape;
namespace fs = std::filesystem;

namespace {

using Keys = std::vector<std::string>;

Config parsed(const std::string& toml, const Keys& assignments = {}) {
  return parse_config(toml, "test.toml", assignments);
}

LayerConfig layer(const std::string& type) {
  LayerConfig result;
  result.type = type;
  return result;
}

LayerConfig conv2d(Padding padding) {
  LayerConfig result = layer("conv2d");
  result.filters = 3;
  result.kernel = 5;
  result.stride = 2;
  result.padding = padding;
  result.bias = true;
  result.init = InitConfig{"normal", 0.1 + 0.2, 0.05};
  return result;
}

// Together, layers with every key, each key with another value than its default. There is no
// "repeat": reading writes it out.
std::vector<LayerConfig> every_layer() {
  LayerConfig dense = layer("dense");
  dense.units = 7;
  dense.bias = false;
  dense.init = InitConfig{"uniform", 0.05, 1e-300};
  dense.trainable = false;
  LayerConfig batch_norm = layer("batch_norm");
  batch_norm.epsilon = 1e-3;
  batch_norm.ema_decay = 1;
  batch_norm.running = "cumulative";
  batch_norm.running_variance = "biased";
  batch_norm.statistics = "batch_as_constant";
  batch_norm.ghost_batch = 8;
  batch_norm.group_norm = 2;
  batch_norm.noise = true;
  LayerConfig leaky_relu = layer("leaky_relu");
  leaky_relu.slope = 1.0 / 3;
  LayerConfig max_pool = layer("max_pool");
  max_pool.size = 3;
  max_pool.stride = 2;
  max_pool.padding = Padding::of(1);
  LayerConfig dropout = layer("dropout");
  dropout.rate = 0.5;
  LayerConfig scale = layer("scale");
  scale.factor = -0.125;
  LayerConfig inner = layer("residual");
  inner.layers = {layer("relu"), layer("tanh")};
  LayerConfig residual = layer("residual");
  residual.layers = {conv2d(Padding::same()), inner, layer("sigmoid")};
  return {conv2d(Padding::valid()),
          conv2d(Padding::of(2)),
          dense,
          batch_norm,
          leaky_relu,
          max_pool,
          dropout,
          scale,
          layer("gelu"),
          residual,
          layer("activation"),
          layer("flatten")};
}

Config every_key_changed() {
  Config config;
  config.seed = 9223372036854775807;
  config.diagnostics = true;
  config.data = {"none", "a \"b\"\\c\n\t\x7f é", 1, 2, false, {"crop", "flip"}, 3, 64,
                 1,      {100, 200, 3}};
  config.model.batch_norm = false;
  config.model.activation = "leaky_relu";
  config.model.init = {"normal", 5e-324, 0.05};
  config.model.layers = every_layer();
  config.batch_norm = {1e-12, 0.1, "debiased_ema", "biased", "running", "after",
                       4,     3,   true,           "pooled", 7};
  config.optimizer = {1e9, 0.30000000000000004, true, 1e-4, 64, true, 5, 0.5, {"gamma", "bias"}};
  config.schedule = {"one_cycle", 3, 4, 0.5, 0.25, 10, 123456789.125, "linear"};
  config.train = {0, 1, true, 0.25, "shifted", 5, false, true, false, 2.5};
  return config;
}

// The keys in a text that to_toml wrote, as "section.key", sorted.
Keys keys_in(const std::string& toml) {
  Keys keys;
  std::istringstream lines(toml);
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) section = line.substr(1, line.find(']') - 1) + ".";
    const bool is_key = !line.empty() && line[0] >= 'a' && line[0] <= 'z';
    if (is_key) keys.push_back(section + line.substr(0, line.find(' ')));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

TEST_CASE("config: an empty file has the defaults") {
  const Config config = parsed("");
  CHECK(config == Config{});
  CHECK(to_toml(config).starts_with(R"(seed = 1  # of every random number
diagnostics = false  # write layers.csv and probes.csv

[data]
name = "mnist"  # the images: digits | shapes | mnist | fashion_mnist | cifar10 | folder | none
dir = ""  # where data files are; "" = $MINITAPE_DATA, else ./data
train_limit = 0  # first N images; 0 = all
test_limit = 0  # first N images; 0 = all
standardize = true  # per channel, as the training set is
augment = []  # of training images: flip | alternating_flip | crop | shift
shift = 2  # shift: by up to so many pixels
image_size = 32  # folder: height and width that images get
channels = 3  # folder: 1 = grey, 3 = colour
)"));
  CHECK(config.model.batch_norm);
  CHECK(config.batch_norm == BatchNormConfig{1e-5, 0.9, "ema", "unbiased"});
  CHECK(config.model.activation == "relu");
  CHECK(config.batch_norm.statistics == "batch");
  CHECK(config.batch_norm.position == "before");
  CHECK(config.batch_norm.recalibrate == "none");
  CHECK(config.optimizer ==
        OptimizerConfig{
            0.1, 0.9, false, 0.0, 1, false, 0, 0.77, {"kernel", "bias", "gamma", "beta"}});
  CHECK(config.schedule.name == "constant");
  CHECK(config.schedule.warmup_steps == 0);
  CHECK(config.train == TrainConfig{5, 128, false, 0, "none", 0, true, false, true, 30});
}

TEST_CASE("config: layers have the defaults of their type") {
  const auto layers = parsed(R"(
    [[model.layers]]
    type = "conv2d"
    filters = 4
    kernel = 3
    [[model.layers]]
    type = "max_pool"
    size = 3
    [[model.layers]]
    type = "avg_pool"
    size = 3
    stride = 1
    padding = "same")")
                          .model.layers;
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].stride == 1);
  CHECK(layers[0].padding == Padding::valid());
  CHECK_FALSE(layers[0].bias.has_value());
  CHECK_FALSE(layers[0].init.has_value());
  CHECK(layers[1].stride == 3);
  CHECK(layers[2].stride == 1);
  CHECK(layers[2].padding == Padding::same());
}

TEST_CASE("config: what is written reads back equal") {
  CHECK(parsed(to_toml(Config{})) == Config{});
  const Config changed = every_key_changed();
  const std::string text = to_toml(changed);
  INFO(text);
  CHECK(parsed(text) == changed);
  CHECK(to_toml(parsed(text)) == text);
}

TEST_CASE("config: residual layers are written indented") {
  const Config config = parsed("", {R"(model.layers=[{type="residual",layers=[{type="relu"}]}])"});
  CHECK(to_toml(config).find(R"(layers = [
  { type = "residual", layers = [
    { type = "relu" },
  ] },
]
)") != std::string::npos);
}

TEST_CASE("config: shipped configs read back equal") {
  const char* source = std::getenv("MINITAPE_SOURCE_DIR");
  REQUIRE(source != nullptr);
  int count = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(fs::path(source) / "apps/configs")) {
    if (entry.path().extension() != ".toml") continue;
    CAPTURE(entry.path().string());
    const Config config = read_config(entry.path());
    CHECK(parsed(to_toml(config)) == config);
    CHECK_FALSE(config.model.layers.empty());
    ++count;
  }
  CHECK(count >= 30);  // with the experiments of the laboratory
}

TEST_CASE("config: --set takes values of each kind, in order") {
  const Config config =
      parsed("optimizer.learning_rate = 3.0",
             {"seed=7", "data.name=digits", "data.dir=../my data", "data.train_limit=10",
              "model.batch_norm=false", "optimizer.learning_rate=1", "optimizer.learning_rate=1e-2",
              "data.augment=[\"flip\"]", "train={ epochs = 2, shuffle = false }",
              "model.layers=[{ type = \"dense\", units = 3 }, { type = \"relu\" }]"});
  CHECK(config.seed == 7);
  CHECK(config.data.name == "digits");
  CHECK(config.data.dir == "../my data");
  CHECK(config.data.train_limit == 10);
  CHECK_FALSE(config.model.batch_norm);
  CHECK(config.optimizer.learning_rate == 0.01);
  CHECK(config.data.augment == Keys{"flip"});
  CHECK(config.train == TrainConfig{2, 128, false, 0, "none", 0, false, false, true, 30});
  REQUIRE(config.model.layers.size() == 2);
  CHECK(config.model.layers[0].units == 3);
}

TEST_CASE("config: a list replaces the list, an init forgets the numbers of another type") {
  const std::string file = R"(
    [model]
    init = { type = "normal", stddev = 0.5 }
    layers = [{ type = "dense", units = 3 }, { type = "tanh" }])";
  CHECK(parsed(file, {R"(model.layers=[{ type = "flatten" }])"}).model.layers ==
        std::vector{layer("flatten")});
  CHECK(parsed(file, {"model.init.stddev=0.25"}).model.init == InitConfig{"normal", 0.25, 0.05});
  CHECK(parsed(file, {"model.init.type=zeros"}).model.init == InitConfig{"zeros", 0.05, 0.05});
}

TEST_CASE("config: differing_keys names every key that differs and no other") {
  CHECK(differing_keys(every_key_changed(), every_key_changed()).empty());
  CHECK(differing_keys(parsed("", {"model.batch_norm=false"}), Config{}) ==
        Keys{"model.batch_norm"});
  CHECK(differing_keys(Config{}, parsed("", {"seed=2", "train.epochs=1"})) ==
        Keys{"seed", "train.epochs"});
  CHECK(differing_keys(Config{}, parsed("", {R"(model.init={type="uniform"})"})) ==
        Keys{"model.init.type", "model.init.limit"});
  CHECK(differing_keys(parsed("", {R"(model.init={type="uniform"})"}), Config{}) ==
        Keys{"model.init.limit", "model.init.type"});
  // A digit beyond what a fixed number of digits would show.
  CHECK(differing_keys(Config{}, parsed("", {"optimizer.learning_rate=0.10000000000000002"})) ==
        Keys{"optimizer.learning_rate"});

  Keys all = differing_keys(Config{}, every_key_changed());
  std::sort(all.begin(), all.end());
  CHECK(all == keys_in(to_toml(every_key_changed())));
}

// ---- What stands for something else in a file ----

TEST_CASE("config: repeat is read as its layers, so many times") {
  const auto layers = [](const std::string& text) {
    return parsed("model.layers = [" + text + "]").model.layers;
  };
  const std::string a = R"({ type = "dense", units = 3, bias = true })";
  const std::string b = R"({ type = "max_pool", size = 2 })", c = R"({ type = "tanh" })";
  const auto repeat = [](int times, const std::string& text) {
    return concat("{ type = \"repeat\", times = ", times, ", layers = [", text, "] }");
  };
  const auto residual = [](const std::string& text) {
    return "{ type = \"residual\", layers = [" + text + "] }";
  };
  const auto list = [](const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += text + ", ";
    return all;
  };
  CHECK(layers(repeat(1, a)) == layers(a));
  CHECK(layers(repeat(3, list({a, b}))) == layers(list({a, b, a, b, a, b})));
  CHECK(layers(list({c, repeat(2, a), b, repeat(2, c), a})) == layers(list({c, a, a, b, c, c, a})));
  // In itself, around a residual layer and within one.
  CHECK(layers(repeat(2, list({repeat(2, a), c}))) == layers(list({a, a, c, a, a, c})));
  CHECK(layers(repeat(2, residual(list({a, repeat(2, c)})))) ==
        layers(list({residual(list({a, c, c})), residual(list({a, c, c}))})));
  CHECK(layers(repeat(5, "")).empty());
  // A file that a run writes has them written out, so positions are those in config.toml.
  CHECK(to_toml(parsed("model.layers = [" + repeat(2, c) + "]")).find(R"(layers = [
  { type = "tanh" },
  { type = "tanh" },
]
)") != std::string::npos);
}

TEST_CASE("config: as many layers as there may be, written out at their longest, read back equal") {
  const std::string longest =
      "{ type = \"batch_norm\", epsilon = 1.2345678901234567e-05, ema_decay = "
      "0.12345678901234567, running = \"debiased_ema\", running_variance = \"unbiased\", "
      "statistics = \"batch_as_constant\", ghost_batch = 100000, group_norm = 100000, "
      "noise = false }";
  const Config config = parsed("[[model.layers]]\ntype = \"repeat\"\ntimes = 1000\nlayers = [" +
                               longest + "," + longest + "]");
  CHECK(config.model.layers.size() == 2000);
  CHECK(parsed(to_toml(config)) == config);
}

TEST_CASE("config: [lab] is an experiment's, and is passed over") {
  const std::string lab = "seed = 3\n[lab]\nminutes = 1\n[[lab.claims]]\nsays = \"yes\"\n";
  CHECK(parsed(lab) == parsed("seed = 3"));
}
