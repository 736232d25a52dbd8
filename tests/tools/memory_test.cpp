#include "minitape/tools/summary.hpp"

#include "minitape/config/build.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

MemoryEstimate estimate_of(const std::string& layers, const std::string& rest) {
  const Config config =
      parse_config(concat("[data]\nname = \"none\"\ninput = [8, 6, 3]\n[model]\nlayers = [", layers,
                          "]\n", rest),
                   "test.toml");
  const Shape input = input_shape(config);
  return estimate_memory(summarize(build_model(config, input), input), config);
}

TEST_CASE("estimate_memory: what the model's tensors take, and the outputs of all layers") {
  const std::string layers = R"(
    { type = "conv2d", filters = 4, kernel = 3, padding = "same" },
    { type = "batch_norm" },
    { type = "relu" },
    { type = "residual", layers = [{ type = "tanh" }] },
    { type = "max_pool", size = 2 },
    { type = "flatten" },
    { type = "dense", units = 10 })";
  const MemoryEstimate estimate = estimate_of(layers, "[train]\nbatch_size = 7\n");
  const double trainable = 3 * 3 * 3 * 4 + 2 * 4 + 48 * 10 + 10, statistics = 2 * 4;
  CHECK(estimate.batch_size == 7);
  CHECK(estimate.parameters == sizeof(Real) * (trainable + statistics));
  CHECK(estimate.gradients == sizeof(Real) * trainable);
  CHECK(estimate.optimizer == sizeof(Real) * trainable);
  // The image; conv2d, batch norm, relu, tanh and the sum behind it; max_pool and flatten; dense.
  const double outputs = 8 * 6 * 3 + 5 * 8 * 6 * 4 + 2 * 4 * 3 * 4 + 10;
  CHECK(estimate.activations == sizeof(Real) * 7 * outputs);
}

TEST_CASE("estimate_memory: without momentum the optimizer keeps nothing") {
  const std::string layers = R"({ type = "flatten" }, { type = "dense", units = 10 })";
  CHECK(estimate_of(layers, "[optimizer]\nmomentum = 0\n").optimizer == 0);
}

TEST_CASE("estimate_memory: lookahead keeps a copy of all parameters and statistics") {
  const std::string layers = R"({ type = "flatten" }, { type = "batch_norm" })";
  const MemoryEstimate estimate =
      estimate_of(layers, "[optimizer]\nmomentum = 0\nlookahead_steps = 5\n");
  CHECK(estimate.optimizer == sizeof(Real) * 4 * 8 * 6 * 3);
  CHECK(estimate.optimizer == estimate.parameters);
}

TEST_CASE("estimate_memory: batches that no machine could hold") {
  const std::string layers = R"({ type = "conv2d", filters = 1000, kernel = 1 })";
  const double bytes = estimate_of(layers, "[train]\nbatch_size = 100000\n").activations;
  CHECK(bytes == sizeof(Real) * 1e5 * (8 * 6 * 3 + 8 * 6 * 1000));
}

TEST_CASE("MemoryEstimate: text for a reader, with the sum") {
  const MemoryEstimate estimate{.batch_size = 128,
                                .parameters = 1e6,
                                .gradients = 2e6,
                                .optimizer = 3e6,
                                .activations = 1234.44e6};
  CHECK(estimate.to_text() ==
        "Memory of a training step with batches of 128, in MB (10^6 bytes):\n"
        "parameters       1.0\n"
        "gradients        2.0\n"
        "optimizer        3.0\n"
        "activations   1234.4\n"
        "together      1240.4\n");
}

}  // namespace
}  // namespace minitape
