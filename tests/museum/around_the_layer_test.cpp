// Exhibits 19, 20 and 22 to 24: the operation is right and what surrounds it is not. Copies,
// checkpoints, weight decay, default options, and the comparison with and without.

#include <fstream>

#include "minitape/compare/variants.hpp"
#include "minitape/config/build.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/run/model_file.hpp"
#include "minitape/run/trainer.hpp"
#include "museum/planted.hpp"
#include "nn/layer_testing.hpp"
#include "temporary_folder.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

const Shape kInput{4, 4, 1};

// ---- 19 ----

// A copy constructor that was written before gamma and beta were added.
struct ForgetfulBatchNorm : BatchNorm {
  explicit ForgetfulBatchNorm(Index channels) : BatchNorm(channels) {}
  ForgetfulBatchNorm(ForgetfulBatchNorm& other) : BatchNorm(3, other.options()) {
    for (const std::size_t i : {0u, 1u}) {
      state().buffers[i]->value = other.state().buffers[i]->value;
    }
  }
};

// How far off a copy of the layer predicts.
template <class L>
double error_of_copy(L& layer) {
  L copy(layer);
  const Tensor x = random_tensor("x", {7, 3}, 5, 3);
  return relative_error(copy.predict(x), layer.predict(x));
}

// ---- 20 ----

// A model of the tiny config, with numbers in it that no new model has.
Sequential trained_model() {
  Sequential model = build_model(config_with(kTinyLayers), kInput);
  randomize(model);
  return model;
}

// Saves what the optimizer knows about, and loads what it finds.
SafetensorsFile save_parameters_alone(const Sequential& model) {
  SafetensorsFile file;
  for (const Parameter* parameter : model.const_state().parameters) {
    file.tensors.push_back(save_tensor(parameter->name, parameter->value));
  }
  return file;
}
void load_what_is_there(Sequential& model, const SafetensorsFile& file) {
  for (Parameter* parameter : model.state().parameters) {
    parameter->value = load_tensor(file.at(parameter->name), parameter->value.shape());
  }
}

// ---- 23 ----

// Training works only where the running statistics are left alone.
struct ReluctantBatchNorm : BatchNorm {
  explicit ReluctantBatchNorm(Index channels, BatchNormOptions options = {})
      : BatchNorm(channels, options) {}
  Var forward(Var x, Mode mode) override {
    MINITAPE_CHECK(mode == Mode::inference || options().ema_decay == 1,
                   "[reluctant] running statistics are not implemented on this processor");
    return BatchNorm::forward(x, mode);
  }
};

// ---- 24 ----

// Weights and biases of a model in order, all from one stream.
void initialize_from_one_stream(Sequential& model, std::uint64_t seed) {
  Random random = stream(seed, "everything");
  for (Parameter* parameter : model.state().parameters) {
    if (parameter->role != Role::kernel && parameter->role != Role::bias) continue;
    for (Real& value : parameter->value.values()) value = random.uniform(-0.5, 0.5);
  }
}

Parameter& named(Sequential& model, const std::string& name) {
  for (Parameter* parameter : model.state().parameters) {
    if (parameter->name == name) return *parameter;
  }
  throw Error("[test] no parameter " + name);
}

// The tiny model with and without batch norm.
std::vector<Sequential> with_and_without() {
  std::vector<Sequential> models;
  for (const char* flag : {"true", "false"}) {
    const std::string rest = concat("batch_norm = ", flag, "\n");
    models.push_back(build_model(config_with(kTinyLayers, rest), kInput));
  }
  return models;
}

}  // namespace

TEST_SUITE_BEGIN("museum");

TEST_CASE("museum 19: copy drops gamma and beta") {
  // The mistake: see ForgetfulBatchNorm.
  ForgetfulBatchNorm wrong(3);
  BatchNorm library_layer(3);
  // Weak: a new layer is copied. Its gamma is 1 and its beta 0, like those of the copy.
  CHECK(error_of_copy(wrong) == 0);

  // Strong: one that was trained.
  randomize(wrong);
  randomize(library_layer);
  CHECK(error_of_copy(wrong) == about(0.26));
  CHECK(error_of_copy(library_layer) == 0);
}

TEST_CASE("museum 20: running statistics missing from the checkpoint") {
  Sequential saved = trained_model(), wrong = build_model(config_with(kTinyLayers), kInput);
  Sequential right = build_model(config_with(kTinyLayers), kInput);
  // The mistake: see save_parameters_alone.
  load_what_is_there(wrong, save_parameters_alone(saved));
  load_model(right, save_model(saved));

  // Weak: all parameters are back, and in training mode the outputs are equal.
  const Tensor x = random_tensor("x", {3, 4, 4, 1});
  const auto training_output = [&](Sequential model) {
    Tape tape;
    return model.forward(tape.constant(x), Mode::training).value();
  };
  const Tensor prediction = saved.predict(x);
  const double error = relative_error(wrong.predict(x), prediction);
  const std::string right_differs = different_bits(right.predict(x), prediction);
  CHECK(different_bits(training_output(std::move(wrong)), training_output(trained_model())) == "");

  // Strong: predictions. And load_model refuses such a file, naming what is missing.
  CHECK(error == about(0.79));
  CHECK(right_differs == "");
  CHECK(error_lacks({"1.batch_norm.running_mean"},
                    [&] { load_model(right, save_parameters_alone(trained_model())); }) == "");
}

TEST_CASE("museum 22: weight decay applied to gamma and beta") {
  // The mistake: to the optimizer, all parameters are kernels.
  const auto after_1000_steps = [](Role role_of_gamma) {
    Parameter kernel("kernel", Role::kernel, {2, 3}), gamma("gamma", role_of_gamma, {3});
    kernel.value.fill(1);
    gamma.value.fill(1);
    Sgd sgd({&kernel, &gamma}, {.weight_decay = 5e-4});
    for (int step = 0; step < 1000; ++step) sgd.step(0.1);  // all gradients are 0
    return std::pair{kernel.value[0], gamma.value[0]};
  };
  // Weak: kernels shrink as they should.
  CHECK(after_1000_steps(Role::kernel).first == doctest::Approx(std::pow(1 - 5e-5, 1000)));

  // Strong: a gamma without gradient stays as it is.
  CHECK(after_1000_steps(Role::kernel).second == about(0.951));
  CHECK(after_1000_steps(Role::gamma).second == 1);
  // The library's layer says what its parameters are.
  BatchNorm layer(3);
  CHECK(layer.state().parameters[0]->role == Role::gamma);
  CHECK(layer.state().parameters[1]->role == Role::beta);
}

TEST_CASE("museum 23: batch norm refuses to train on default options") {
  // The mistake: see ReluctantBatchNorm.
  // Weak: gradient checks turn the running statistics off, because these change in every call.
  ReluctantBatchNorm unmoved(3, {.ema_decay = 1});
  CHECK(wrong_gradients(unmoved, random_tensor("x", {7, 3}, 5, 3), Mode::training) == "");

  // Strong: training on default options, from the config to the trained model.
  Sequential wrong;
  wrong.add<ReluctantBatchNorm>(1);
  wrong.initialize(1);
  Tape tape;
  CHECK_THROWS_AS(wrong.forward(tape.constant(random_tensor("x", {3, 1})), Mode::training), Error);

  const TemporaryFolder folder;
  Config config = config_with(kTinyLayers);
  config.train.batch_size = 8;  // of the 32 images there are
  const TrainTest data{tiny_dataset(32), tiny_dataset(6)};
  const TrainOutcome outcome = train(config, data, folder.path() / "run");
  CHECK(outcome.steps == 20);
  CHECK_FALSE(outcome.divergence);
  CHECK(outcome.last.test.accuracy == 1);
}

TEST_CASE("museum 24: confounded comparison") {
  // The mistake: one stream of random numbers for all. Without batch norm the convolution has a
  // bias, and every number after it is drawn later.
  std::vector<Sequential> confounded = with_and_without(), paired = with_and_without();
  for (Sequential& model : confounded) initialize_from_one_stream(model, 1);
  const auto equal_numbers = [](std::vector<Sequential>& models, const std::string& name) {
    const Tensor &a = named(models[0], name).value, &b = named(models[1], name).value;
    Index equal = 0;
    for (Index i = 0; i < a.size(); ++i) equal += a[i] == b[i];
    return equal;
  };
  // Weak: "the same seed". The first layer even has the same weights, 3·3·1·2.
  CHECK(equal_numbers(confounded, "0.conv2d.kernel") == 18);

  // Strong: all weights that both have, 32·2 in the dense layer. Here each tensor has a stream of
  // its own.
  CHECK(equal_numbers(confounded, "4.dense.kernel") == 0);
  CHECK(equal_numbers(paired, "0.conv2d.kernel") == 18);
  CHECK(equal_numbers(paired, "4.dense.kernel") == 64);

  // And compare proves it before it trains: one key differs, and no weight that both have.
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "tiny.toml") << to_toml(config_with(kTinyLayers));
  const std::vector<Variation> vary{parse_variation("model.batch_norm=false,true")};
  std::vector<Variant> variants = make_variants(folder.path() / "tiny.toml", {}, vary);
  CHECK(check_fair(variants, vary, 1).same_weights);
  CHECK(check_fair(variants, vary, 1).same_batches);
  variants[1].config.optimizer.learning_rate = 0.01;
  CHECK(error_lacks({"optimizer.learning_rate, which is not varied"},
                    [&] { check_fair(variants, vary, 1); }) == "");
}

TEST_SUITE_END();

}  // namespace minitape
