// minitape gradcheck: that it passes right models of every kind, and finds wrong ones.

#include "minitape/config/build.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "minitape/tools/gradcheck.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// The check of a model of these layers, on examples of shape (5, 4, 2) unless `input` says else.
ModelCheck check_layers(const std::string& layers, const std::string& input = "[5, 4, 2]",
                        const ModelCheckOptions& options = {}, const std::string& more = "") {
  const UseThreads one(1);
  const Config config = parse_config("[data]\nname = \"none\"\ninput = " + input + "\n" + more +
                                         "[model]\nlayers = [" + layers + "]",
                                     "test");
  Sequential model = build_model(config, input_shape(config));
  return check_model("model", model, input_shape(config), options);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

// A layer whose backward is that of a function other than its forward.
class WrongScale : public Layer {
 public:
  WrongScale(Real training, Real inference) : training_(training), inference_(inference) {}
  std::string type() const override { return "wrong_scale"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<WrongScale>(*this); }
  Shape output_shape(const Shape& input) const override { return input; }
  Tensor predict(const Tensor& x) const override { return x; }
  Var forward(Var x, Mode mode) override {
    const Real factor = mode == Mode::training ? training_ : inference_;
    return x.tape().record("wrong_scale", {x}, x.value(), [=](const Tensor&, Tensor dy) {
      for (Real& value : dy.values()) value *= factor;
      x.add_gradient(std::move(dy));
    });
  }

 private:
  Real training_, inference_;
};

ModelCheck check_wrong_scale(Real training, Real inference) {
  Sequential model;
  model.add<Dense>(4, 3);
  model.add<WrongScale>(training, inference);
  model.initialize(1);
  return check_model("model", model, {4});
}

}  // namespace

TEST_CASE("models of every layer type have right gradients") {
  const std::string bn = R"({ type = "batch_norm" },)";
  const std::string head = R"({ type = "flatten" }, { type = "dense", units = 3 })";
  for (const std::string& body : {
           // convolutions: even kernels, strides, every padding
           std::string(R"({ type = "conv2d", filters = 3, kernel = 1 },)"),
           R"({ type = "conv2d", filters = 3, kernel = 2, padding = "same" },)" + bn,
           R"({ type = "conv2d", filters = 3, kernel = 3, stride = 2, padding = 1 },)" + bn,
           R"({ type = "conv2d", filters = 3, kernel = 4, stride = 3, padding = "same" },)" + bn,
           std::string(R"({ type = "conv2d", filters = 3, kernel = 5, padding = 3 },)"),
           // batch norm before and after the activation, and with other options
           R"({ type = "conv2d", filters = 3, kernel = 3 },)" + bn + R"({ type = "relu" },)",
           R"({ type = "conv2d", filters = 3, kernel = 3 }, { type = "relu" },)" + bn,
           bn + R"({ type = "tanh" }, { type = "batch_norm", epsilon = 1e-2 },)",
           // the other layers
           R"({ type = "max_pool", size = 2 },)" + bn + R"({ type = "leaky_relu", slope = 0.2 },)",
           R"({ type = "avg_pool", size = 3, stride = 1, padding = "same" },)" + bn,
           bn + R"({ type = "dropout", rate = 0.3 }, { type = "sigmoid" },)",
           std::string(R"({ type = "residual", layers = [)"
                       R"({ type = "conv2d", filters = 2, kernel = 3, padding = "same" },)") +
               bn + R"({ type = "relu" }] },)",
       }) {
    CAPTURE(body);
    const ModelCheck check = check_layers(body + head, "[5, 4, 2]", {.check = {.max_entries = 60}});
    CHECK_MESSAGE(check.passed(), check.to_string());
    CHECK(check.warnings.empty());
    CHECK(check.input == Shape{5, 5, 4, 2});
    CHECK(check.training.rows[0].name == "input");
    CHECK(check.training.rows.back().name.find("dense.bias") != std::string::npos);
    CHECK(check.inference.rows.size() == check.training.rows.size());
  }
  const ModelCheck pooled = check_layers(R"({ type = "conv2d", filters = 3, kernel = 2 },)" + bn +
                                         R"({ type = "global_avg_pool" })");
  CHECK_MESSAGE(pooled.passed(), pooled.to_string());
}

TEST_CASE("models with batch norm in other forms have right gradients") {
  const std::string layers = R"(
    { type = "conv2d", filters = 4, kernel = 3, padding = "same" },
    { type = "batch_norm" }, { type = "relu" },
    { type = "residual", layers = [
      { type = "conv2d", filters = 4, kernel = 1 }, { type = "batch_norm" }, { type = "tanh" }] },
    { type = "flatten" }, { type = "dense", units = 6 }, { type = "batch_norm" },
    { type = "dense", units = 3 })";
  const ModelCheckOptions options{.batch_size = 6, .check = {.max_entries = 30}};
  for (const std::string keys :
       {"ghost_batch = 3", "group_norm = 1", "group_norm = 2", "position = \"after\"",
        "statistics = \"running\"", "noise = true", "noise = true\nghost_batch = 3",
        "position = \"after\"\ngroup_norm = 2\nepsilon = 0.1"}) {
    CAPTURE(keys);
    const ModelCheck check =
        check_layers(layers, "[5, 4, 2]", options, "[batch_norm]\n" + keys + "\n");
    CHECK_MESSAGE(check.passed(), check.to_string());
    CHECK_MESSAGE(check.warnings.empty(), check.to_string());
  }
}

TEST_CASE("statistics taken for constants are found to be wrong, in training alone") {
  const ModelCheck check =
      check_layers(R"({ type = "dense", units = 3 }, { type = "batch_norm" })", "[4]", {},
                   "[batch_norm]\nstatistics = \"batch_as_constant\"\n");
  CHECK(check.inference.passed());
  CHECK_FALSE(check.training.passed());
  const std::string text = check.to_string();
  CHECK(contains(text, "WRONG model in training: 0.dense.kernel (4, 3)"));
  CHECK(contains(text, "a gradient is WRONG"));
  for (const GradientCheckRow& row : check.training.rows) {  // what is behind is right
    CAPTURE(row.name);
    const bool behind = row.name == "1.batch_norm.gamma" || row.name == "1.batch_norm.beta";
    CHECK(row.passed(check.training.tolerance) == behind);
  }
}

TEST_CASE("only the parameters that are trained are checked, and the images") {
  const auto names = [](const std::string& roles) {
    const ModelCheck check = check_layers(
        R"({ type = "flatten" }, { type = "dense", units = 3 }, { type = "relu" },
                        { type = "batch_norm" }, { type = "dense", units = 2 })",
        "[5, 4, 2]", {.check = {.max_entries = 20}}, "[optimizer]\ntrain = [" + roles + "]\n");
    CHECK_MESSAGE(check.passed(), check.to_string());
    std::vector<std::string> all;
    for (const GradientCheckRow& row : check.training.rows) all.push_back(row.name);
    return all;
  };
  using Names = std::vector<std::string>;
  CHECK(names("\"gamma\", \"beta\"") == Names{"input", "3.batch_norm.gamma", "3.batch_norm.beta"});
  CHECK(names("\"kernel\"") == Names{"input", "1.dense.kernel", "4.dense.kernel"});
  CHECK(names("\"bias\"") == Names{"input", "1.dense.bias", "4.dense.bias"});
  CHECK(names("") == Names{"input"});
}

TEST_CASE("a wrong gradient is found in the mode that has it") {
  CHECK(check_wrong_scale(1, 1).passed());
  const ModelCheck training = check_wrong_scale(Real(1.01), 1);
  CHECK_FALSE(training.training.passed());
  CHECK(training.inference.passed());
  CHECK_FALSE(training.passed());
  CHECK(contains(training.to_string(), "WRONG model in training: 0.dense.kernel (4, 3)"));
  CHECK(contains(training.to_string(), "a gradient is WRONG"));

  const ModelCheck inference = check_wrong_scale(1, Real(1.01));
  CHECK(inference.training.passed());
  CHECK_FALSE(inference.passed());
  CHECK(contains(inference.to_string(), "WRONG model in inference: 0.dense.kernel (4, 3)"));
}

TEST_CASE("parameters are drawn at random, so that no factor is 1 and no term 0") {
  const Config config = parse_config(R"(
    [data]
    name = "none"
    input = [4]
    [model]
    layers = [{ type = "dense", units = 3, bias = true, init = { type = "zeros" } },
              { type = "batch_norm" }])",
                                     "test");
  Sequential model = build_model(config, {4});
  check_model("model", model, {4});
  const LayerState state = model.state();
  for (const Parameter* parameter : state.parameters) {
    CAPTURE(parameter->name);
    for (const Real value : parameter->value.values()) {
      CHECK(value != 0);
      CHECK(value != 1);
    }
  }
  // Kernels that layers did initialize are left as they are.
  Sequential dense;
  dense.add<Dense>(4, 3);
  dense.initialize(7);
  const Tensor before = dense.state().parameters[0]->value;
  check_model("model", dense, {4});
  CHECK(different_bits(dense.state().parameters[0]->value, before) == "");
}

TEST_CASE("probes and batches that hide mistakes are warned about") {
  const std::string layers = R"({ type = "dense", units = 3 }, { type = "batch_norm" })";
  const auto check = [&](const ModelCheckOptions& options) {
    return check_layers(layers, "[4]", options);
  };
  CHECK_FALSE(contains(check({}).to_string(), "warning"));

  const std::string sum = check({.check = {.probe = Probe::sum}}).to_string();
  CHECK(contains(sum, "warning: the loss Σ yᵢ is a bad probe"));
  CHECK(contains(sum,
                 "warning: all checked gradients of 0.dense.kernel are 0, or nearly, in training"));
  CHECK_FALSE(contains(sum, "nearly, in inference"));
  const std::string squares = check({.check = {.probe = Probe::squares}}).to_string();
  CHECK(contains(squares, "warning: the loss Σ yᵢ² is a bad probe"));

  const std::string two = check({.batch_size = 2}).to_string();
  CHECK(contains(two, "warning: 1.batch_norm normalizes only two values per channel"));
  CHECK_FALSE(contains(check({.batch_size = 3}).to_string(), "two values"));
  // Of a ghost batch; but with given statistics two values are as good as more.
  const auto two_of = [&](const std::string& keys, Index images) {
    return contains(
        check_layers(layers, "[4]", {.batch_size = images}, "[batch_norm]\n" + keys).to_string(),
        "1.batch_norm normalizes only two values");
  };
  CHECK(two_of("ghost_batch = 2\n", 4));
  CHECK_FALSE(two_of("statistics = \"running\"\n", 2));
  CHECK(error_lacks({"[batch_norm] training needs more than one value per channel"},
                    [&] { check({.batch_size = 1}); }) == "");
  CHECK(error_lacks({"[gradcheck] the batch needs at least one image: got 0"},
                    [&] { check({.batch_size = 0}); }) == "");
}

TEST_CASE("a bias in front of batch norm is said to have no gradient") {
  const std::string text =
      check_layers(R"({ type = "dense", units = 3, bias = true }, { type = "batch_norm" })", "[4]")
          .to_string();
  CHECK(contains(text,
                 "warning: all checked gradients of 0.dense.bias are 0, or nearly, in training"));
  CHECK(contains(text, "all gradients are right"));
}

TEST_CASE("the report says how many entries of each tensor were checked") {
  const std::string text =
      check_layers(R"({ type = "dense", units = 3 })", "[4]", {.check = {.max_entries = 7}})
          .to_string();
  CHECK(contains(text, "random images (5, 4)"));
  CHECK(contains(text, "7 of 20"));  // the input
  CHECK(contains(text, "7 of 12"));  // the kernel
  CHECK(contains(text, "3 of 3"));   // the bias
}

}  // namespace minitape
