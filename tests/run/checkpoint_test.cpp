#include "minitape/run/model_file.hpp"

#include <functional>
#include <limits>

#include "minitape/config/build.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

// Every kind of state: running statistics with a count, random masks, velocities.
const std::string kLayers = R"(
  { type = "conv2d", filters = 2, kernel = 3 },
  { type = "batch_norm", running = "debiased_ema" },
  { type = "flatten" },
  { type = "dropout", rate = 0.5 },
  { type = "dense", units = 2 },
)";

// A model with its optimizer, some steps into training.
struct Training {
  explicit Training(int steps, const std::string& optimizer = "momentum = 0.9")
      : config(config_with(kLayers, "[optimizer]\n" + optimizer)),
        model(build_model(config, kTinyInput)),
        sgd(model.state().parameters, build_sgd_options(config)) {
    for (int i = 0; i < steps; ++i) step();
  }

  // The loss before an update.
  Real step() {
    Tape tape;
    const std::vector<int> labels{0, 1, 1, 0};
    const Var x = tape.constant(random_tensor("x", {4, 4, 4, 1}));
    const Var loss = softmax_cross_entropy(model.forward(x, Mode::training), labels);
    tape.backward(loss);
    sgd.step(0.1);
    return loss.value().item();
  }

  Config config;
  Sequential model;
  Sgd sgd;
};

const Standing kStanding{.steps = 7,
                         .epochs = 2,
                         .seen = {1.0 / 3, 0.1},
                         .images = 40,
                         .seconds = 1e-17,
                         .divergence = Divergence{5, 0.7, "layer 3 \"x\""}};

TEST_CASE("load_checkpoint: what follows has the same bits as without a stop") {
  Training straight(3), resumed(1);
  const auto bytes = format_safetensors(save_checkpoint({}, straight.model, straight.sgd));
  load_checkpoint(parse_safetensors(bytes, "test"), resumed.model, resumed.sgd);
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(straight.step() == resumed.step());
  }
  CHECK(format_safetensors(save_checkpoint({}, straight.model, straight.sgd)) ==
        format_safetensors(save_checkpoint({}, resumed.model, resumed.sgd)));
}

TEST_CASE("load_checkpoint: brings back where the run stands, to the last bit") {
  Training training(2);
  const SafetensorsFile file = save_checkpoint(kStanding, training.model, training.sgd);
  const Standing read = load_checkpoint(parse_safetensors(format_safetensors(file), "test"),
                                        training.model, training.sgd);
  CHECK(read.steps == 7);
  CHECK(read.epochs == 2);
  CHECK(read.seen.loss == 1.0 / 3);
  CHECK(read.seen.accuracy == 0.1);
  CHECK(read.images == 40);
  CHECK(read.seconds == 1e-17);
  REQUIRE(read.divergence);
  CHECK(read.divergence->step == 5);
  CHECK(read.divergence->learning_rate == 0.7);
  CHECK(read.divergence->where == "layer 3 \"x\"");
  CHECK_FALSE(load_checkpoint(save_checkpoint({}, training.model, training.sgd), training.model,
                              training.sgd)
                  .divergence);
}

// The error of loading a changed checkpoint; says so if anything was changed by it.
std::string checkpoint_error(const std::function<void(SafetensorsFile&)>& change,
                             std::initializer_list<std::string_view> parts) {
  Training source(3), target(1);
  SafetensorsFile file = save_checkpoint({}, source.model, source.sgd);
  change(file);
  const auto before = format_safetensors(save_checkpoint({}, target.model, target.sgd));
  const std::string problem =
      error_lacks(parts, [&] { load_checkpoint(file, target.model, target.sgd); });
  const auto after = format_safetensors(save_checkpoint({}, target.model, target.sgd));
  return problem + (before == after ? "" : " something was changed");
}

std::function<void(SafetensorsFile&)> without(const std::string& name) {
  return [name](SafetensorsFile& file) {
    std::erase_if(file.tensors, [&](const SavedTensor& tensor) { return tensor.name == name; });
  };
}

std::function<void(SafetensorsFile&)> with(const SavedTensor& tensor) {
  return [tensor](SafetensorsFile& file) {
    without(tensor.name)(file);
    file.tensors.push_back(tensor);
  };
}

TEST_CASE("load_checkpoint: one that does not fit is refused and changes nothing") {
  const SavedTensor two{"run.steps", "I64", {2}, std::string(16, '\0')};
  for (const char* name : {"run.steps", "run.seen_loss", "1.batch_norm.updates", "3.dropout.masks",
                           "optimizer.velocity.4.dense.bias", "4.dense.kernel"}) {
    CAPTURE(name);
    CHECK(checkpoint_error(without(name), {name}) == "");
  }
  for (const char* name : {"9.more", "run.more", "optimizer.velocity.9.more"}) {
    CHECK(checkpoint_error(with(save_tensor(name, Tensor::zeros({1}))), {name}) == "");
  }
  CHECK(checkpoint_error(with(two), {"run.steps", "one number", "2"}) == "");
  CHECK(checkpoint_error(with(save_number<Index>("run.images", -1)), {"run.images", "-1"}) == "");
  CHECK(checkpoint_error(with(save_number<Index>("run.seconds", 1)), {"run.seconds", "F64"}) == "");
  CHECK(checkpoint_error(with(save_tensor("optimizer.velocity.4.dense.bias", Tensor::zeros({3}))),
                         {"velocity.4.dense.bias", "(2)", "(3)"}) == "");
  CHECK(checkpoint_error(with(save_tensor("1.batch_norm.running_variance", numbers({2}, {1, -1}))),
                         {"running_variance must hold variances"}) == "");
}

TEST_CASE("load_checkpoint: the optimizer must be the same kind") {
  Training with_momentum(2), without_momentum(2, "momentum = 0");
  CHECK(error_lacks({"optimizer.velocity"}, [&] {
          load_checkpoint(save_checkpoint({}, with_momentum.model, with_momentum.sgd),
                          without_momentum.model, without_momentum.sgd);
        }) == "");
}

TEST_CASE("load_checkpoint: a run that goes on after a divergence keeps what became of it") {
  Training training(2);
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  for (Buffer* buffer : training.model.state().buffers) buffer->value.fill(nan);
  const SafetensorsFile file = save_checkpoint(kStanding, training.model, training.sgd);
  CHECK_NOTHROW(load_checkpoint(file, training.model, training.sgd));
}

}  // namespace
}  // namespace minitape
