#include "minitape/tools/benchmark.hpp"

#include "ops/kernels.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

TEST_CASE("benchmark: measures training and prediction without any data") {
  const UseThreads use(2);
  const Config config = config_with(kTinyLayers, "[train]\nbatch_size = 8");
  const BenchmarkResult result = benchmark(config, "tiny.toml", 2);
  CHECK(result.config == "tiny.toml");
  CHECK(result.batch_size == 8);
  CHECK(result.threads == thread_count());
  CHECK(result.steps == 2);
  CHECK(result.train_ms_per_step > 0);
  // A rate is a batch in the time of a step.
  CHECK(result.train_images_per_second * result.train_ms_per_step == doctest::Approx(8 * 1000));
  CHECK(result.predict_images_per_second > 0);
  CHECK(result.predict_ms_batch_1 > 0);
  CHECK(result.peak_rss_mb > 1);
  CHECK(result.peak_rss_mb < 10'000);
  CHECK(result.blas_core != "");
}

TEST_CASE("benchmark: refuses what cannot be measured") {
  const Config config = config_with(kTinyLayers);
  CHECK(error_lacks({"[bench] needs at least one step: got 0"},
                    [&] { benchmark(config, "tiny.toml", 0); }) == "");
  CHECK(error_lacks({"[bench] the model must end in one number per class: it gives (4, 4, 1)"},
                    [&] { benchmark(config_with(R"({ type = "relu" })"), "tiny.toml", 1); }) == "");
}

const BenchmarkResult kResult{.config = "a \"b\".toml",
                              .batch_size = 4,
                              .threads = 1,
                              .steps = 3,
                              .train_ms_per_step = 2.5,
                              .train_images_per_second = 1600,
                              .predict_images_per_second = 3200.4,
                              .predict_ms_batch_1 = 0.125,
                              .peak_rss_mb = 12,
                              .blas_core = "Haswell"};

TEST_CASE("BenchmarkResult: JSON with the keys that scripts rely on") {
  CHECK(kResult.to_json() == R"({
  "config": "a \"b\".toml",
  "batch_size": 4,
  "threads": 1,
  "steps": 3,
  "train_ms_per_step": 2.5,
  "train_images_per_second": 1600.0,
  "predict_images_per_second": 3200.4,
  "predict_ms_batch_1": 0.125,
  "peak_rss_mb": 12.0,
  "blas_core": "Haswell",
  "kernels": )" + std::string(kernels::kBuilt ? "true" : "false") +
                                 "\n}\n");
}

TEST_CASE("BenchmarkResult: text for a reader") {
  CHECK(kResult.to_text() ==
        "a \"b\".toml, batch 4, 1 thread, OpenBLAS kernels for Haswell, medians of 3 steps:\n"
        "  training step      2.50 ms\n"
        "  training           1600 images/s\n"
        "  prediction         3200 images/s\n"
        "  one image          0.125 ms\n"
        "  peak memory        12 MB in training\n");
}

}  // namespace
}  // namespace minitape
