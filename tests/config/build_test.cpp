#include "minitape/config/build.hpp"

#include <string>
#include <vector>

#include "minitape/norms/layers.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/recipe/whitening.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

const Shape kInput{4, 4, 1};

std::vector<std::string> parameter_names(const Sequential& model) {
  std::vector<std::string> names;
  for (const Parameter* parameter : model.const_state().parameters)
    names.push_back(parameter->name);
  return names;
}

const Tensor& value_of(const Sequential& model, const std::string& name) {
  for (const Parameter* parameter : model.const_state().parameters) {
    if (parameter->name == name) return parameter->value;
  }
  throw Error("[test] there is no " + name);
}

double largest(const Tensor& x) {
  double result = 0;
  for (const Real value : x.values()) result = std::max(result, std::abs(double{value}));
  return result;
}

using Names = std::vector<std::string>;

// ---- The one switch ----

TEST_CASE("build_model: a bias in front of batch norm is left out, all others are there") {
  const Sequential model = build_model(config_with(kTinyLayers), kInput);
  CHECK(parameter_names(model) == Names{"0.conv2d.kernel", "1.batch_norm.gamma",
                                        "1.batch_norm.beta", "4.dense.kernel", "4.dense.bias"});
  CHECK(model.size() == 5);
}

TEST_CASE("build_model: off removes batch norm, gives the bias back and keeps all positions") {
  const Sequential model = build_model(config_with(kTinyLayers, "batch_norm = false"), kInput);
  CHECK(parameter_names(model) ==
        Names{"0.conv2d.kernel", "0.conv2d.bias", "4.dense.kernel", "4.dense.bias"});
  CHECK(model.size() == 4);
  CHECK(model.name(1) == "2.relu");
  CHECK(model.const_state().buffers.empty());
}

TEST_CASE("build_model: a pool in front of batch norm takes a bias along") {
  const std::string layers = R"(
    { type = "conv2d", filters = 2, kernel = 1 }, { type = "max_pool", size = 2 },
    { type = "batch_norm" },
    { type = "conv2d", filters = 2, kernel = 1 }, { type = "avg_pool", size = 2 },
    { type = "flatten" }, { type = "batch_norm" },
  )";
  const auto has_bias = [](const Sequential& model, std::size_t i) {
    return model.layer(i).const_state().parameters.size() == 2;
  };
  const Sequential with = build_model(config_with(layers), kInput);
  CHECK_FALSE(has_bias(with, 0));
  CHECK(has_bias(with, 3));  // a flatten is no pool
  CHECK(has_bias(build_model(config_with(layers, "batch_norm = false"), kInput), 0));
}

TEST_CASE("build_model: initial weights that both have are the same bits, biases are zero") {
  const Sequential with = build_model(config_with(kTinyLayers), kInput);
  const Sequential without = build_model(config_with(kTinyLayers, "batch_norm = false"), kInput);
  for (const char* name : {"0.conv2d.kernel", "4.dense.kernel", "4.dense.bias"}) {
    CHECK(different_bits(value_of(with, name), value_of(without, name)) == "");
  }
  CHECK(largest(value_of(with, "0.conv2d.kernel")) > 0.1);
  CHECK(largest(value_of(without, "0.conv2d.bias")) == 0);

  Config other = config_with(kTinyLayers);
  other.seed = 2;
  CHECK(different_bits(value_of(build_model(other, kInput), "0.conv2d.kernel"),
                       value_of(with, "0.conv2d.kernel")) != "");
}

// ---- Biases ----

TEST_CASE("build_model: an explicit bias holds with and without batch norm") {
  const std::string layers = R"(
    { type = "flatten" },
    { type = "dense", units = 3, bias = true }, { type = "batch_norm" },
    { type = "dense", units = 2, bias = false },
  )";
  for (const char* batch_norm : {"true", "false"}) {
    CAPTURE(batch_norm);
    const Sequential model =
        build_model(config_with(layers, concat("batch_norm = ", batch_norm)), kInput);
    Names names = parameter_names(model);
    std::erase_if(names, [](const std::string& name) { return name.starts_with("2.batch_norm"); });
    CHECK(names == Names{"1.dense.kernel", "1.dense.bias", "3.dense.kernel"});
  }
}

TEST_CASE("build_model: batch norm behind an activation makes no bias useless") {
  const Sequential model = build_model(config_with(R"(
      { type = "flatten" }, { type = "dense", units = 2 }, { type = "relu" },
      { type = "batch_norm" })"),
                                       kInput);
  CHECK(parameter_names(model)[1] == "1.dense.bias");
}

// ---- Residual blocks ----

TEST_CASE("build_model: names continue inside a residual block, and the switch reaches into it") {
  const std::string layers = R"(
    { type = "relu" },
    { type = "residual", layers = [
      { type = "conv2d", filters = 1, kernel = 3, padding = "same" },
      { type = "batch_norm" },
      { type = "conv2d", filters = 1, kernel = 1 },
    ] },
    { type = "batch_norm" },
  )";
  // The last convolution keeps its bias: batch norm sees its sum with the input of the block.
  CHECK(parameter_names(build_model(config_with(layers), kInput)) ==
        Names{"1.residual.0.conv2d.kernel", "1.residual.1.batch_norm.gamma",
              "1.residual.1.batch_norm.beta", "1.residual.2.conv2d.kernel",
              "1.residual.2.conv2d.bias", "2.batch_norm.gamma", "2.batch_norm.beta"});
  CHECK(parameter_names(build_model(config_with(layers, "batch_norm = false"), kInput)) ==
        Names{"1.residual.0.conv2d.kernel", "1.residual.0.conv2d.bias",
              "1.residual.2.conv2d.kernel", "1.residual.2.conv2d.bias"});
}

// ---- What a layer or a section says ----

TEST_CASE("build_model: a layer's init comes before the model's, and each kind takes its own key") {
  const Sequential model = build_model(config_with(R"(
      { type = "flatten" },
      { type = "dense", units = 20 },
      { type = "dense", units = 20, init = { type = "zeros" } },
      { type = "dense", units = 20, init = { type = "normal", stddev = 100.0 } })",
                                                   R"(init = { type = "uniform", limit = 1e-3 })"),
                                       kInput);
  const double by_default = largest(value_of(model, "1.dense.kernel"));
  CHECK(by_default > 5e-4);
  CHECK(by_default < 1.001e-3);  // not the 0.05 of stddev
  CHECK(largest(value_of(model, "2.dense.kernel")) == 0);
  CHECK(largest(value_of(model, "3.dense.kernel")) > 100);  // 400 draws of σ = 100
}

TEST_CASE("build_model: a batch_norm layer overrides single keys of the section") {
  const Sequential model = build_model(config_with(R"(
      { type = "batch_norm" },
      { type = "batch_norm", epsilon = 0.5, running = "ema" },
      { type = "batch_norm", ema_decay = 0.25, running_variance = "unbiased" })",
                                                   R"([batch_norm]
      epsilon = 0.125
      ema_decay = 0.75
      running = "cumulative"
      running_variance = "biased")"),
                                       kInput);
  const auto options = [&](std::size_t i) {
    return dynamic_cast<const BatchNorm&>(model.layer(i)).options();
  };
  CHECK(options(0).epsilon == 0.125);
  CHECK(options(0).ema_decay == 0.75);
  CHECK(options(0).running == RunningStatistics::cumulative);
  CHECK_FALSE(options(0).unbiased_running_variance);
  CHECK(options(1).epsilon == 0.5);
  CHECK(options(1).ema_decay == 0.75);
  CHECK(options(1).running == RunningStatistics::ema);
  CHECK_FALSE(options(1).unbiased_running_variance);
  CHECK(options(2).epsilon == 0.125);
  CHECK(options(2).ema_decay == 0.25);
  CHECK(options(2).unbiased_running_variance);
}

TEST_CASE("build_model: every type of layer is built, in order and with its own options") {
  const Sequential model = build_model(config_with(R"(
      { type = "conv2d", filters = 3, kernel = 2, stride = 2 },
      { type = "leaky_relu", slope = 0.5 }, { type = "sigmoid" }, { type = "tanh" },
      { type = "max_pool", size = 2, stride = 1, padding = "same" },
      { type = "avg_pool", size = 2 }, { type = "dropout", rate = 0.5 },
      { type = "global_avg_pool" })"),
                                       kInput);
  Names names;
  for (std::size_t i = 0; i < model.size(); ++i) names.push_back(model.name(i));
  CHECK(names == Names{"0.conv2d", "1.leaky_relu", "2.sigmoid", "3.tanh", "4.max_pool",
                       "5.avg_pool", "6.dropout", "7.global_avg_pool"});
  CHECK(model.layer(0).output_shape(kInput) == Shape{2, 2, 3});
  CHECK(model.layer(1).predict(numbers({1}, {-4}))[0] == Real{-2});
  CHECK(model.layer(4).output_shape({2, 2, 3}) == Shape{2, 2, 3});
  CHECK(model.layer(5).output_shape({2, 2, 3}) == Shape{1, 1, 3});
  CHECK(model.output_shape(kInput) == Shape{3});
}

// ---- Batch norm in other forms ----

namespace {

Names layer_names(const Sequential& model) {
  Names names;
  for (std::size_t i = 0; i < model.size(); ++i) names.push_back(model.name(i));
  return names;
}

const std::string kThreeNorms = R"(
  { type = "batch_norm" },
  { type = "batch_norm", statistics = "batch", ghost_batch = 0, noise = false },
  { type = "batch_norm", group_norm = 1 },
)";

// What becomes of (1, 2, 4, 8) in training, with the running statistics at their start.
Tensor in_training(Sequential& model) {
  Tape tape;
  const Tensor x({4, 1, 1, 1}, {1, 2, 4, 8});
  return model.forward(tape.constant(x), Mode::training).value();
}

}  // namespace

TEST_CASE("build_model: without variations it is the plain batch norm") {
  const Sequential model = build_model(config_with(kTinyLayers), kInput);
  CHECK(exactly<BatchNorm>(model.layer(1)) != nullptr);
}

TEST_CASE("build_model: variations of the section, and of a layer that says otherwise") {
  const Sequential model =
      build_model(config_with(kThreeNorms, "[batch_norm]\nghost_batch = 2\nnoise = true"), kInput);
  CHECK(exactly<BatchNormVariant>(model.layer(0)) != nullptr);
  CHECK(exactly<BatchNorm>(model.layer(1)) != nullptr);
  CHECK(exactly<GroupNorm>(model.layer(2)) != nullptr);
  CHECK(layer_names(model) == Names{"0.batch_norm", "1.batch_norm", "2.group_norm"});
  const Sequential groups =
      build_model(config_with(R"({ type = "batch_norm" }, { type = "batch_norm", group_norm = 0 })",
                              "[batch_norm]\ngroup_norm = 1"),
                  kInput);
  CHECK(layer_names(groups) == Names{"0.group_norm", "1.batch_norm"});
  CHECK(parameter_names(groups)[0] == "0.group_norm.gamma");
}

TEST_CASE("build_model: group norm has the epsilon of the section") {
  const Sequential model = build_model(
      config_with(R"({ type = "batch_norm" })", "[batch_norm]\ngroup_norm = 1\nepsilon = 3.0"),
      {1, 1, 2});
  // Mean 2 and variance 1: (x − 2) / √(1 + 3).
  CHECK(mismatch(model.predict(Tensor({1, 1, 1, 2}, {1, 3})), Tensor({1, 1, 1, 2}, {-0.5, 0.5})) ==
        "");
}

TEST_CASE("build_model: each name of statistics is that computation, ghost_batch counts images") {
  const auto model = [](const std::string& keys) {
    return build_model(config_with(R"({ type = "batch_norm" })", "[batch_norm]\n" + keys),
                       {1, 1, 1});
  };
  Sequential batch = model("statistics = \"batch\"");
  Sequential running = model("statistics = \"running\"");
  Sequential constant = model("statistics = \"batch_as_constant\"");
  Sequential ghost = model("ghost_batch = 2\nepsilon = 1e-12");
  const Tensor x({4, 1, 1, 1}, {1, 2, 4, 8});
  CHECK(mismatch(in_training(running), x, 1e-5 + kRounding) == "");  // mean 0, variance 1
  CHECK(mismatch(in_training(constant), in_training(batch)) == "");
  CHECK(mismatch(in_training(ghost), Tensor({4, 1, 1, 1}, {-1, 1, -1, 1})) == "");
  // The gradient tells the batch from its constants: a sum has none through batch norm.
  const auto gradient = [&](Sequential& of) {
    Tape tape;
    const Var v = tape.variable(x);
    tape.backward(sum(of.forward(v, Mode::training)));
    return largest(v.gradient());
  };
  CHECK(gradient(batch) < 1e-5);
  CHECK(gradient(constant) > 0.1);
}

TEST_CASE("build_model: a layer's own statistics come before the section's") {
  Sequential model = build_model(config_with(R"({ type = "batch_norm", statistics = "batch" })",
                                             "[batch_norm]\nstatistics = \"running\""),
                                 {1, 1, 1});
  Sequential plain = build_model(config_with(R"({ type = "batch_norm" })"), {1, 1, 1});
  CHECK(different_bits(in_training(model), in_training(plain)) == "");
}

TEST_CASE("build_model: ghost batches go with statistics of the batch alone") {
  CHECK(error_lacks({"[batch_norm] ghost batches need statistics = \"batch\""}, [] {
          build_model(
              config_with(kTinyLayers, "[batch_norm]\nghost_batch = 2\nstatistics = \"running\""),
              kInput);
        }) == "");
}

TEST_CASE("build_model: group norm keeps the bias in front of it, the switch removes it") {
  const std::string section = "[batch_norm]\ngroup_norm = 2";
  CHECK(parameter_names(build_model(config_with(kTinyLayers, section), kInput)) ==
        Names{"0.conv2d.kernel", "0.conv2d.bias", "1.group_norm.gamma", "1.group_norm.beta",
              "4.dense.kernel", "4.dense.bias"});
  CHECK(parameter_names(
            build_model(config_with(kTinyLayers, "batch_norm = false\n" + section), kInput)) ==
        Names{"0.conv2d.kernel", "0.conv2d.bias", "4.dense.kernel", "4.dense.bias"});
  // A layer's own groups count, too, and where they are 0 it is batch norm again.
  const std::string layers = R"(
    { type = "conv2d", filters = 2, kernel = 1 }, { type = "batch_norm", group_norm = 1 },
    { type = "conv2d", filters = 2, kernel = 1 }, { type = "batch_norm", group_norm = 0 },
  )";
  CHECK(parameter_names(build_model(config_with(layers, section), kInput)) ==
        Names{"0.conv2d.kernel", "0.conv2d.bias", "1.group_norm.gamma", "1.group_norm.beta",
              "2.conv2d.kernel", "3.batch_norm.gamma", "3.batch_norm.beta"});
}

TEST_CASE("build_model: groups that the channels do not have are refused, with the layer's name") {
  CHECK(error_lacks({"[group_norm] the channels must split into groups of equal size", "got 2 ",
                     "3 groups"},
                    [] {
                      build_model(config_with(kTinyLayers, "[batch_norm]\ngroup_norm = 3"), kInput);
                    }) == "");
  CHECK(error_lacks({"layer 2.group_norm does not fit after layer 1.dense, which gives (4)",
                     "more than one value in each of 4 groups"},
                    [] {
                      build_model(
                          config_with(R"({ type = "flatten" }, { type = "dense", units = 4 },
                                                 { type = "batch_norm", group_norm = 4 })"),
                          kInput);
                    }) == "");
}

TEST_CASE("build_model: position = after swaps batch norm with the activation behind it") {
  const std::string after = "[batch_norm]\nposition = \"after\"";
  const auto names = [&](const std::string& layers) {
    return layer_names(build_model(config_with(layers, after), kInput));
  };
  const std::string bn = R"({ type = "batch_norm" },)";
  for (const std::string activation : {"relu", "leaky_relu", "sigmoid", "tanh"}) {
    CHECK(names(bn + "{ type = \"" + activation + "\" }") ==
          Names{"0." + activation, "1.batch_norm"});
  }
  CHECK(names(bn + R"({ type = "activation" })") == Names{"0.relu", "1.batch_norm"});
  // What is not an activation stays behind it; each activation is passed by one batch norm.
  CHECK(names(bn + R"({ type = "max_pool", size = 2 }, { type = "relu" })") ==
        Names{"0.batch_norm", "1.max_pool", "2.relu"});
  CHECK(names(bn + bn + R"({ type = "relu" }, { type = "tanh" },)" + bn) ==
        Names{"0.batch_norm", "1.relu", "2.batch_norm", "3.tanh", "4.batch_norm"});
  CHECK(names(bn + R"({ type = "relu" },)" + bn + R"({ type = "tanh" })") ==
        Names{"0.relu", "1.batch_norm", "2.tanh", "3.batch_norm"});
  // Inside of a residual block as well, whose end is an end.
  const Sequential block =
      build_model(config_with("{ type = \"residual\", layers = [" + bn + R"({ type = "relu" },)" +
                                  bn + R"(] }, { type = "relu" })",
                              after),
                  kInput);
  CHECK(parameter_names(block)[0] == "0.residual.1.batch_norm.gamma");
  CHECK(parameter_names(block)[2] == "0.residual.2.batch_norm.gamma");
}

TEST_CASE("build_model: position = after moves the rule for biases, and no kernel's name") {
  const std::string after = "[batch_norm]\nposition = \"after\"";
  const Sequential model = build_model(config_with(kTinyLayers, after), kInput);
  CHECK(parameter_names(model) == Names{"0.conv2d.kernel", "0.conv2d.bias", "2.batch_norm.gamma",
                                        "2.batch_norm.beta", "4.dense.kernel", "4.dense.bias"});
  CHECK(different_bits(value_of(model, "4.dense.kernel"),
                       value_of(build_model(config_with(kTinyLayers), kInput), "4.dense.kernel")) ==
        "");
  // conv, batch norm, batch norm, relu: the first one still subtracts the bias.
  const Sequential two = build_model(
      config_with(R"({ type = "conv2d", filters = 2, kernel = 1 }, { type = "batch_norm" },
                     { type = "batch_norm" }, { type = "relu" })",
                  after),
      kInput);
  CHECK(parameter_names(two)[1] == "1.batch_norm.gamma");
  // Without batch norm there is nothing to swap but a number.
  CHECK(parameter_names(
            build_model(config_with(kTinyLayers, "batch_norm = false\n" + after), kInput)) ==
        Names{"0.conv2d.kernel", "0.conv2d.bias", "4.dense.kernel", "4.dense.bias"});
}

// ---- Activations, and what is trained ----

TEST_CASE("build_model: layers of type activation are what model.activation says") {
  const std::string layers = R"({ type = "activation" }, { type = "residual", layers = [
      { type = "activation" }] }, { type = "relu" })";
  const auto model = [&](const std::string& more) {
    return build_model(config_with(layers, more), kInput);
  };
  CHECK(layer_names(model("")) == Names{"0.relu", "1.residual", "2.relu"});
  const Sequential tanh = model("activation = \"tanh\"");
  CHECK(layer_names(tanh) == Names{"0.tanh", "1.residual", "2.relu"});
  const Tensor x = Tensor::full(kInput.with_batch(1), 2);
  const double y = std::tanh(2);
  CHECK(double{tanh.predict(x)[0]} == doctest::Approx(y + std::tanh(y)));
  CHECK(layer_names(model("activation = \"sigmoid\""))[0] == "0.sigmoid");
  // The usual slope: there is no key for another.
  const Sequential leaky = model("activation = \"leaky_relu\"");
  CHECK(leaky.layer(0).predict(numbers({1}, {-4}))[0] == Real(-0.04f));
}

TEST_CASE("build_model: optimizer.train says which parameters are trained, all by default") {
  const auto trained = [](const std::string& roles) {
    const std::string more = roles.empty() ? "" : "[optimizer]\ntrain = [" + roles + "]";
    Sequential model = build_model(config_with(R"({ type = "residual", layers = [
        { type = "conv2d", filters = 1, kernel = 1, bias = true }, { type = "batch_norm" },
        { type = "batch_norm", group_norm = 1 }] })",
                                               more),
                                   kInput);
    Names names;
    for (const Parameter* parameter : model.state().parameters) {
      if (parameter->trainable) names.push_back(parameter->name.substr(11));
    }
    return names;
  };
  CHECK(trained("") == Names{"0.conv2d.kernel", "0.conv2d.bias", "1.batch_norm.gamma",
                             "1.batch_norm.beta", "2.group_norm.gamma", "2.group_norm.beta"});
  CHECK(trained("\"gamma\", \"beta\"") == Names{"1.batch_norm.gamma", "1.batch_norm.beta",
                                                "2.group_norm.gamma", "2.group_norm.beta"});
  CHECK(trained("\"bias\", \"kernel\"") == Names{"0.conv2d.kernel", "0.conv2d.bias"});
  CHECK(trained("\"beta\"") == Names{"1.batch_norm.beta", "2.group_norm.beta"});
}

// ---- Bad input ----

TEST_CASE("build_model: a config made in code may hold names that no file could bring in") {
  const auto broken = [](auto change) {
    Config config = config_with(kTinyLayers);
    change(config);
    build_schedule(config, 1);
    build_model(config, kInput);
  };
  CHECK(error_lacks({"[model] there is no layer type \"conv3d\""},
                    [&] { broken([](Config& c) { c.model.layers[0].type = "conv3d"; }); }) == "");
  CHECK(error_lacks({"[config] init.type cannot be \"he\""},
                    [&] { broken([](Config& c) { c.model.init.type = "he"; }); }) == "");
  CHECK(error_lacks({"[config] batch_norm.running cannot be \"mean\""},
                    [&] { broken([](Config& c) { c.batch_norm.running = "mean"; }); }) == "");
  CHECK(error_lacks({"[config] batch_norm.running_variance cannot be \"\""}, [&] {
          broken([](Config& c) { c.model.layers[1].running_variance = ""; });
        }) == "");
  CHECK(error_lacks({"[config] batch_norm.statistics cannot be \"none\""},
                    [&] { broken([](Config& c) { c.batch_norm.statistics = "none"; }); }) == "");
  CHECK(error_lacks({"[model] there is no layer type \"repeat\""},  // reading writes them out
                    [&] { broken([](Config& c) { c.model.layers[0].type = "repeat"; }); }) == "");
  CHECK(error_lacks({"[config] schedule.name cannot be \"linear\""},
                    [&] { broken([](Config& c) { c.schedule.name = "linear"; }); }) == "");
  CHECK(error_lacks({"[dense] needs at least one input and one unit: got 32 and 0"},
                    [&] { broken([](Config& c) { c.model.layers[4].units = 0; }); }) == "");
}

TEST_CASE("build_model: layers that do not fit are named with both sides' shapes") {
  const auto build = [](const char* layers) { build_model(config_with(layers), kInput); };
  CHECK(error_lacks({"layer 1.dense does not fit after layer 0.conv2d, which gives (4, 4, 2)",
                     "takes examples of shape (2)", "flatten layer missing"},
                    [&] {
                      build(R"({ type = "conv2d", filters = 2, kernel = 1 },
                               { type = "dense", units = 2 })");
                    }) == "");
  CHECK(error_lacks({"layer 0.conv2d does not fit after the input, which gives (4, 4, 1)"},
                    [&] { build(R"({ type = "conv2d", filters = 2, kernel = 5 })"); }) == "");
  CHECK(error_lacks(
            {"1.residual", "the body must keep the shape", "takes (4, 4, 1)", "gives (2, 2, 1)"},
            [&] {
              build(R"({ type = "relu" },
                               { type = "residual", layers = [{ type = "max_pool", size = 2 }] })");
            }) == "");
}

TEST_CASE("check_classes: the model must give one number per class") {
  const Sequential model = build_model(config_with(kTinyLayers), kInput);
  check_classes(model, kInput, 2);
  CHECK(error_lacks({"each of the 3 classes", "it gives (2)", "units = 3"},
                    [&] { check_classes(model, kInput, 3); }) == "");
  const Sequential image = build_model(config_with(R"({ type = "relu" })"), kInput);
  // As many numbers are not enough: an image has no one axis of classes.
  CHECK(error_lacks({"shape (16)", "it gives (4, 4, 1)"},
                    [&] { check_classes(image, kInput, 16); }) == "");
}

// ---- Data and optimization ----

TEST_CASE("build: sources, batches and SGD take over what the config says") {
  Config config = config_with(kTinyLayers, R"(
      [optimizer]
      momentum = 0.5
      nesterov = true
      weight_decay = 0.25
      beta_factor = 16.0
      decay_betas = true
      [train]
      batch_size = 7
      shuffle = false)");
  config.data = {.name = "shapes",
                 .dir = "somewhere",
                 .train_limit = 11,
                 .test_limit = 12,
                 .augment = {"crop"}};
  config.seed = 9;
  CHECK(input_shape(config) == Shape{32, 32, 3});
  CHECK(input_shape(config_with(kTinyLayers)) == kInput);
  CHECK(build_source(config) ==
        DataSource{
            .name = "shapes", .dir = "somewhere", .train_limit = 11, .test_limit = 12, .seed = 9});
  config.data = {.name = "folder", .dir = "mine", .image_size = 48, .channels = 1};
  CHECK(input_shape(config) == Shape{48, 48, 1});
  CHECK(build_source(config) == DataSource{.name = "folder",
                                           .dir = "mine",
                                           .seed = 0,  // the same images whatever the seed
                                           .image_size = 48,
                                           .channels = 1});
  config.data.augment = {"crop"};
  CHECK(build_batch_options(config) ==
        BatchOptions{.batch_size = 7, .shuffle = false, .augmentation = {.crop = true}, .seed = 9});
  config.data.augment = {"flip"};
  CHECK(build_batch_options(config).augmentation == Augmentation{.flip = true});
  config.data.augment = {"shift", "alternating_flip"};
  config.data.shift = 3;
  config.train.drop_last = true;
  CHECK(build_batch_options(config).augmentation ==
        Augmentation{.alternating_flip = true, .shift = 3});
  CHECK(build_batch_options(config).drop_last);
  CHECK_FALSE(build_batch_options(config).sort_by_class);
  config.train.sort_by_class = true;
  CHECK(build_batch_options(config).sort_by_class);
  const SgdOptions sgd = build_sgd_options(config);
  CHECK(sgd.momentum == 0.5);
  CHECK(sgd.nesterov);
  CHECK(sgd.weight_decay == 0.25);
  CHECK(sgd.beta_factor == 16);
  CHECK(sgd.decay_betas);
}

TEST_CASE("total_steps: all epochs, or max_steps where that is less") {
  Config config = config_with(kTinyLayers);
  config.train.epochs = 3;
  CHECK(total_steps(config, 10) == 30);
  config.train.max_steps = 12;
  CHECK(total_steps(config, 10) == 12);
  config.train.max_steps = 31;
  CHECK(total_steps(config, 10) == 30);
  config.train.epochs = 0;
  CHECK(total_steps(config, 10) == 0);
}

TEST_CASE("total_steps refuses a run that ends before lookahead's first look back") {
  Config config = config_with(kTinyLayers);
  config.train.epochs = 2;
  config.optimizer.lookahead_steps = 4;
  CHECK(total_steps(config, 2) == 4);
  CHECK_THROWS_WITH_AS(total_steps(config, 1),
                       "[config] optimizer.lookahead_steps must be 0 (none) or not more than the "
                       "run's 2 steps (train.epochs, train.max_steps): it is 4",
                       Error);
  config.train.epochs = 0;
  CHECK(total_steps(config, 1) == 0);
}

TEST_CASE("build_schedule: counts in steps what the config counts in epochs") {
  Config config = config_with(kTinyLayers, R"(
      [optimizer]
      learning_rate = 8.0
      [schedule]
      name = "step"
      step_epochs = 2
      factor = 0.5
      [train]
      epochs = 6)");
  const Schedule step = build_schedule(config, 10);
  CHECK(step.total_steps == 60);
  CHECK(step.learning_rate(19) == 8);
  CHECK(step.learning_rate(20) == 4);
  CHECK(step.learning_rate(59) == 2);

  config.schedule = {
      .name = "one_cycle", .warmup_steps = 5, .div_factor = 4, .final_div_factor = 2};
  const Schedule cycle = build_schedule(config, 10);
  CHECK(cycle.learning_rate(0) == doctest::Approx(2));
  CHECK(cycle.learning_rate(4) == doctest::Approx(8));
  CHECK(cycle.learning_rate(59) == doctest::Approx(1));
  config.schedule.anneal = "linear";
  CHECK(build_schedule(config, 10).learning_rate(18) == doctest::Approx(8 - 7 * 14 / 55.0));
  config.schedule.anneal = "straight";
  CHECK_THROWS_AS(build_schedule(config, 10), Error);
  config.schedule.anneal = "cosine";

  // It ends where training ends.
  config.train.max_steps = 30;
  CHECK(build_schedule(config, 10).learning_rate(29) == doctest::Approx(1));
  config.train.epochs = 0;
  CHECK(build_schedule(config, 10).total_steps == 1);
}

// ---- What the fast recipe asks for ----

TEST_CASE("build_model: a factor of betas needs betas, or that batch norm is switched off") {
  const auto build = [&](const std::string& layers, const std::string& model = "") {
    build_model(config_with("{ type = \"flatten\" }, " + layers,
                            model + "\n[optimizer]\nbeta_factor = 2.0"),
                kInput);
  };
  CHECK_NOTHROW(build("{ type = \"batch_norm\" }"));
  CHECK_NOTHROW(build("{ type = \"batch_norm\" }", "batch_norm = false"));
  CHECK_THROWS_WITH_AS(build("{ type = \"dense\", units = 2 }"),
                       "[optimizer] beta_factor needs a batch_norm layer: the model has none",
                       Error);
}

TEST_CASE("build_model: refuses whitening where it cannot be") {
  const auto refuses = [&](const std::string& layers, const std::string& message,
                           const std::string& rest = "") {
    return error_lacks({message}, [&] { build_model(config_with(layers, rest), kInput); });
  };
  const std::string whitening = "init = { type = \"whitening\" }";
  const std::string wide = "{ type = \"conv2d\", filters = 8, kernel = 2, " + whitening + " }";
  CHECK(refuses("{ type = \"relu\" }, " + wide,
                "[model] an init of type whitening is for a first layer that is a conv2d, which "
                "sees the images: here a conv2d after the first layer has it") == "");
  CHECK(refuses("{ type = \"residual\", layers = [ " + wide + " ] }", "after the first layer") ==
        "");
  CHECK(refuses("{ type = \"dense\", units = 2, " + whitening + " }", "here a dense has it") == "");
  CHECK(refuses("{ type = \"conv2d\", filters = 9, kernel = 2, " + whitening + " }",
                "[model] an init of type whitening needs two filters for each of the 4 numbers of "
                "a window, 8: there are 9") == "");
  CHECK(refuses("{ type = \"conv2d\", filters = 2, kernel = 1 }, { type = \"flatten\" }, "
                "{ type = \"dense\", units = 2 }",
                "after the first layer", whitening) == "");
}

TEST_CASE("start_from_images: without whitening in the first layer nothing changes") {
  const std::string own = "init = { type = \"zeros\" }";
  const Config config = config_with("{ type = \"conv2d\", filters = 3, kernel = 2, " + own +
                                        " }, { type = \"flatten\" }, "
                                        "{ type = \"dense\", units = 2, " +
                                        own + " }",
                                    "init = { type = \"whitening\" }");
  Sequential model = build_model(config, kInput);
  start_from_images(model, config, tiny_dataset(4), Standardization::none(1));
  const Tensor& kernel = value_of(model, "0.conv2d.kernel");
  CHECK(different_bits(kernel, Tensor::zeros({2, 2, 1, 3})) == "");
}

TEST_CASE("start_from_images: the kernel of the first layer, whatever stands around it") {
  const Dataset dataset = tiny_dataset(4);
  const auto none = Standardization::none(1);
  const Tensor expected = whitening_kernel(make_batch(dataset, none, 0, 4).images, 1);
  const std::string pair =
      "{ type = \"conv2d\", filters = 2, kernel = 1, bias = true, "
      "init = { type = \"whitening\" } }";
  for (const std::string& layers : {pair, "{ type = \"batch_norm\" }, " + pair,
                                    "{ type = \"repeat\", times = 1, layers = [" + pair + "] }"}) {
    const Config config = config_with(layers, "batch_norm = false");
    Sequential model = build_model(config, kInput);
    start_from_images(model, config, dataset, none);
    CHECK(different_bits(model.state().parameters.front()->value, expected) == "");
  }
}

TEST_CASE("build_model: identity, the other filters as PyTorch's convolutions start") {
  const Sequential model = build_model(
      config_with("{ type = \"conv2d\", filters = 2, kernel = 1 },"
                  "{ type = \"residual\", layers = [{ type = \"conv2d\", filters = 2, kernel = 3, "
                  "padding = \"same\" }] }, { type = \"conv2d\", filters = 900, kernel = 3 }",
                  "init = { type = \"identity\" }"),
      kInput);
  const Tensor x = Tensor::full({1, 4, 4, 2}, 3);
  CHECK(different_bits(exactly<Residual>(model.layer(1))->body().predict(x), x) == "");
  const Tensor& kernel = value_of(model, "2.conv2d.kernel");  // [18, 900]
  CHECK(kernel[8 * 900] == 1);                                // the middle of the window
  CHECK(kernel[0] == 0);
  double squares = 0;
  for (Index i = 0; i < 18; ++i) {
    for (Index f = 2; f < 900; ++f) squares += std::pow(double{kernel[i * 900 + f]}, 2);
  }
  CHECK(squares / (18 * 898) == doctest::Approx(1.0 / (3 * 18)).epsilon(0.03));
}

TEST_CASE("build_model: a kernel that is not trainable") {
  const Sequential model = build_model(
      config_with("{ type = \"conv2d\", filters = 2, kernel = 3, trainable = false }"), kInput);
  const auto parameters = model.const_state().parameters;
  CHECK_FALSE(parameters.at(0)->trainable);
  CHECK(parameters.at(1)->trainable);
}

}  // namespace
}  // namespace minitape
