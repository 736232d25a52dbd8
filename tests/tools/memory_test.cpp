#include "minitape/tools/memory.hpp"

#include <cmath>

#include "minitape/config/build.hpp"
#include "minitape/core/allocator.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/tools/summary.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// Under AddressSanitizer no buffer is kept, and then there is nothing to look at.
#ifdef __SANITIZE_ADDRESS__
const doctest::skip kEstimates(true);
#else
const doctest::skip kEstimates(false);
#endif

const std::string kConvolutions = R"(
  { type = "conv2d", filters = 32, kernel = 3, padding = "same" },
  { type = "batch_norm" },
  { type = "relu" },
  { type = "residual", layers = [{ type = "conv2d", filters = 32, kernel = 3, padding = "same" }] },
  { type = "sigmoid" },
  { type = "conv2d", filters = 16, kernel = 3, stride = 2, padding = 1 },
  { type = "dropout", rate = 0.5 },
  { type = "max_pool", size = 3, stride = 2, padding = "same" },
  { type = "avg_pool", size = 2 },
  { type = "flatten" },
  { type = "dense", units = 10 },
)";

Config config_of(Index batch_size, const std::string& layers = kConvolutions,
                 const std::string& input = "[24, 20, 3]") {
  return parse_config(concat("[data]\nname = \"none\"\ninput = ", input, "\n[model]\nlayers = [",
                             layers, "]\n[train]\nbatch_size = ", batch_size),
                      "test.toml");
}

TEST_CASE("estimate_memory: the model's tensors are what they are" * kEstimates) {
  const MemoryEstimate estimate = estimate_memory(
      config_of(4, R"({ type = "dense", units = 1000 }, { type = "dense", units = 10 })", "[500]"));
  const double parameters = sizeof(Real) * (500 * 1000 + 1000 + 1000 * 10 + 10);
  CHECK(estimate.parameters == doctest::Approx(parameters).epsilon(1e-3));
  CHECK(estimate.gradients == doctest::Approx(parameters).epsilon(1e-3));
  CHECK(estimate.optimizer == doctest::Approx(parameters).epsilon(1e-3));
  // The images, both outputs, the loss; each buffer is rounded up to 64 bytes.
  const double activations = sizeof(Real) * 4 * (500 + 1000 + 10);
  CHECK(estimate.activations >= activations);
  CHECK(estimate.activations <= activations + 4 * 64 + sizeof(Real) * 4 * 10);
  CHECK(estimate.images == sizeof(Real) * 4 * 500);
  // Backward holds the kernel's gradient until it is added.
  CHECK(estimate.workspace >= sizeof(Real) * 500 * 1000);
  CHECK(estimate.program > 1e6);
  CHECK(estimate.data == 0);

  const Config plain = parse_config(
      "[data]\nname = \"none\"\ninput = [50]\n[model]\nlayers = "
      "[{ type = \"dense\", units = 10 }]\n[optimizer]\nmomentum = 0",
      "test.toml");
  CHECK(estimate_memory(plain).optimizer == 0);
}

TEST_CASE("estimate_memory: a large batch needs what the small ones tell" * kEstimates) {
  const UseThreads use(1);  // with more, what each needs at the same time is a matter of chance
  // Batches up to 32 are tried, larger ones follow from them.
  const MemoryEstimate measured = estimate_memory(config_of(32));
  const MemoryEstimate told = estimate_memory(config_of(96));
  CHECK(told.activations == doctest::Approx(3 * measured.activations).epsilon(0.01));
  CHECK(told.images == 3 * measured.images);
  CHECK(told.parameters == measured.parameters);
  CHECK(told.evaluation == doctest::Approx(measured.evaluation).epsilon(0.01));

  // What a step with 96 images takes in truth.
  release_kept_buffers();
  const auto taken = [] {
    return static_cast<double>(allocator_stats().bytes_in_use + allocator_stats().bytes_kept);
  };
  const double before = taken();
  const Config config = config_of(96);
  Sequential model = build_model(config, input_shape(config));
  Sgd sgd(model.state().parameters, build_sgd_options(config));
  Tape tape;
  const Var y = model.forward(tape.constant(Tensor::zeros({96, 24, 20, 3})), Mode::training);
  tape.backward(softmax_cross_entropy(y, std::vector<int>(96, 0)));
  CHECK(told.step() - told.program - told.images ==
        doctest::Approx(taken() - before).epsilon(0.02));
}

TEST_CASE("estimate_memory: leaves nothing behind, and counts what it does not know as nothing") {
  estimate_memory(config_of(8));
  const std::size_t before = allocator_stats().bytes_in_use;
  estimate_memory(config_of(8));
  CHECK(allocator_stats().bytes_in_use == before);
  CHECK(allocator_stats().bytes_kept == 0);
  const Config digits = parse_config(
      "[data]\nname = \"digits\"\ntrain_limit = 1000\ntest_limit = 200\n[model]\nlayers = "
      "[{ type = \"flatten\" }, { type = \"dense\", units = 10 }]",
      "test.toml");
  CHECK(estimate_memory(digits).data == 1200 * 785);
}

TEST_CASE("least_memory: not more than a step takes, for any kind of layer" * kEstimates) {
  const UseThreads use(1);
  for (const Index batch_size : {1, 8, 40}) {
    for (const bool batch_norm : {false, true}) {
      Config config = config_of(batch_size);
      config.model.batch_norm = batch_norm;
      const MemoryEstimate estimate = estimate_memory(config);
      const double step = estimate.step() - estimate.program - estimate.images;
      CHECK(least_memory(config, Work::bench) <= step);
      CHECK(10 * least_memory(config, Work::bench) > step);  // what check_memory relies on
    }
  }
}

TEST_CASE("least_memory: shapes as the layers themselves have them") {
  const Config config = config_of(7);
  const Summary summary = summarize(build_model(config, {24, 20, 3}), {24, 20, 3});
  double outputs = 24 * 20 * 3;
  for (const SummaryRow& row : summary.rows) {
    if (row.layer.find("batch_norm") == row.layer.npos &&
        row.layer.find("relu") == row.layer.npos) {
      outputs += static_cast<double>(row.output.size());
    }
  }
  const double kernels = 9 * 3 * 32 + 9 * 32 * 32 + 9 * 32 * 16 + 3 * 2 * 16 * 10;
  CHECK(least_memory(config, Work::bench) == sizeof(Real) * (3 * kernels + 7 * outputs));
  CHECK(least_memory(config, Work::build) == sizeof(Real) * 2 * kernels);
}

TEST_CASE("least_memory: of models that no machine could hold, and that are none") {
  const std::string huge = R"({ type = "dense", units = 100000 },)";
  const Config config = config_of(100000, huge + huge + huge, "[100000]");
  // Three kernels, three copies of each; four layers of activations.
  CHECK(least_memory(config, Work::bench) == sizeof(Real) * (3 * 3e10 + 1e5 * 4e5));
  std::string many;
  for (int i = 0; i < 50; ++i) {
    many += R"({ type = "conv2d", filters = 100000, kernel = 1000, padding = "same" },)";
  }
  const double bytes = least_memory(config_of(100000, many, "[1000, 1000, 100]"), Work::bench);
  CHECK(bytes > 49 * 3 * 1e16 * sizeof(Real));
  CHECK(std::isfinite(bytes));
  // Dense does not take images: what comes before counts.
  const Config misfit = config_of(2, R"({ type = "tanh" }, { type = "max_pool", size = 50 })");
  CHECK(least_memory(misfit, Work::bench) == sizeof(Real) * 2 * 2 * (24 * 20 * 3));
}

// With so much free, now.
MemoryRoom room_of(double free_bytes) {
  return {free_bytes, resident_memory()};
}

TEST_CASE("check_memory: refuses what does not fit, and says what would" * kEstimates) {
  const UseThreads use(1);
  const Config config = config_of(1000);
  CHECK_NOTHROW(check_memory(config, Work::bench, room_of(1e12)));
  // Not even the lower bound.
  const double least = least_memory(config, Work::bench);
  CHECK(error_lacks({"[memory] bench with batches of 1000 must fit into memory: it needs at least",
                     " MB more, and 100 MB are free. Choose a train.batch_size of at most "},
                    [&] { check_memory(config, Work::bench, room_of(100e6)); }) == "");
  // The bound, but not the step.
  CHECK(error_lacks({"it needs about "},
                    [&] { check_memory(config, Work::bench, room_of(1.01 * least)); }) == "");
  CHECK_NOTHROW(check_memory(config, Work::bench, room_of(4 * least)));
  CHECK(error_lacks({"Choose a smaller model or less data"},
                    [&] { check_memory(config, Work::bench, room_of(1000)); }) == "");
  // A model that cannot even be built: it must not be tried.
  const Config huge = config_of(1, R"({ type = "dense", units = 100000 })", "[100000]");
  CHECK(error_lacks({"[memory] the model must fit into memory: it needs at least"},
                    [&] { check_memory(huge, Work::build, room_of(1e9)); }) == "");
}

TEST_CASE("check_memory: what was held when the room was looked at is not needed again" *
          kEstimates) {
  const UseThreads use(1);
  const Config config = config_of(1000);
  const double little = 1.01 * least_memory(config, Work::bench);
  CHECK_THROWS_AS(check_memory(config, Work::bench, {little, 0}), Error);
  // As where a model has been there before: not what is held now decides.
  const double all = estimate_memory(config).step();
  CHECK_NOTHROW(check_memory(config, Work::bench, {little, all}));
}

TEST_CASE("check_memory: the batch size that it names is not refused" * kEstimates) {
  const UseThreads use(1);
  const Config config = config_of(1000);
  const double free_bytes = 1.01 * least_memory(config, Work::bench);
  std::string message;
  try {
    check_memory(config, Work::bench, room_of(free_bytes));
  } catch (const Error& error) {
    message = error.what();
  }
  const Index fits = std::stoll("0" + message.substr(message.rfind(' ') + 1));
  CHECK(fits > 200);
  CHECK(fits < 1000);
  CHECK_NOTHROW(check_memory(config_of(fits), Work::bench, room_of(free_bytes)));
}

TEST_CASE("MemoryEstimate: text for a reader, with sums") {
  MemoryEstimate estimate{.batch_size = 128,
                          .threads = 1,
                          .parameters = 1e6,
                          .gradients = 2e6,
                          .optimizer = 3e6,
                          .activations = 4.44e6,
                          .workspace = 5e6,
                          .images = 6e6,
                          .program = 7e6,
                          .evaluation = 9e6};
  CHECK(estimate.step() == 28.44e6);
  const std::string step = R"(Memory in MB (10^6 bytes) for batches of 128, 1 thread, about:
  parameters                        1.0   running statistics included
  gradients                         2.0
  optimizer                         3.0
  activations                       4.4   kept for backward
  workspace                         5.0
  next batch                        6.0
  program                           7.0
  a training step                  28.4   bench
)";
  CHECK(estimate.to_text() == step + "  not counted: a data set, its evaluation, the checkpoint\n");
  estimate.data = 100e6;
  CHECK(estimate.train() == 151.44e6);
  CHECK(estimate.to_text() == step + R"(  data set                        100.0
  evaluation, one more batch       15.0
  checkpoint                        8.0
  training                        151.4   train
)");
}

}  // namespace
}  // namespace minitape
