#include "minitape/tools/benchmark.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/blas.hpp"
#include "minitape/config/build.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/core/random.hpp"
#include "minitape/recipe/label_smoothing.hpp"
#include "minitape/run/progress.hpp"
#include "minitape/text/numbers.hpp"
#include "ops/kernels.hpp"

namespace minitape {
double median_ms(Index steps, const std::function<void()>& step) {
  constexpr Index kWarmUp = 3;
  std::vector<double> times;
  for (Index i = 0; i < kWarmUp + steps; ++i) {
    const double start = steady_seconds();
    step();
    if (i >= kWarmUp) times.push_back(1000 * (steady_seconds() - start));
  }
  return median(times);
}

namespace {

Tensor random_images(const Shape& example, Index batch) {
  Random random = stream(1, "benchmark/images");
  Tensor images = Tensor::uninitialized(example.with_batch(batch));
  for (Real& value : images.values()) value = static_cast<Real>(random.normal());
  return images;
}

// The most memory that this process has ever occupied, in bytes. (getrusage would count what the
// process was before it became this program: a copy of the one that started it.)
double peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return 1024 * kilobytes;
  }
  return 0;
}

}  // namespace

BenchmarkResult benchmark(const Config& config, const std::string& name, Index steps) {
  MINITAPE_CHECK(steps >= 1, "[bench] needs at least one step: got ", steps);
  const Shape input = input_shape(config);
  Sequential model = build_model(config, input);
  Sgd sgd(model.state().parameters, build_sgd_options(config));
  const Shape output = model.output_shape(input);
  MINITAPE_CHECK(output.rank() == 1,
                 "[bench] the model must end in one number per class: it gives ", output);

  BenchmarkResult result{.config = name,
                         .batch_size = config.train.batch_size,
                         .threads = thread_count(),
                         .steps = steps,
                         .blas_core = blas_core()};
  const Tensor images = random_images(input, result.batch_size);
  std::vector<int> labels;
  for (Index n = 0; n < result.batch_size; ++n) labels.push_back(static_cast<int>(n % output[0]));

  // A training step, with a learning rate that changes nothing that matters here.
  Tape tape;
  result.train_ms_per_step = median_ms(steps, [&] {
    tape.clear();
    const Var logits = model.forward(tape.constant(images), Mode::training);
    const Var loss = smoothed_cross_entropy(logits, labels, config.train.label_smoothing);
    if (loss.needs_gradient()) tape.backward(loss);
    sgd.step(1e-3);
  });
  tape.clear();
  result.peak_rss_mb = peak_memory() / 1e6;
  const double batch_ms = median_ms(steps, [&] { model.predict(images); });
  const Tensor one = random_images(input, 1);
  result.predict_ms_batch_1 = median_ms(steps, [&] { model.predict(one); });

  const double images_in_ms = 1000 * static_cast<double>(result.batch_size);
  result.train_images_per_second = images_in_ms / result.train_ms_per_step;
  result.predict_images_per_second = images_in_ms / batch_ms;
  return result;
}

std::string BenchmarkResult::to_json() const {
  return nlohmann::ordered_json{{"config", config},
                                {"batch_size", batch_size},
                                {"threads", threads},
                                {"steps", steps},
                                {"train_ms_per_step", train_ms_per_step},
                                {"train_images_per_second", train_images_per_second},
                                {"predict_images_per_second", predict_images_per_second},
                                {"predict_ms_batch_1", predict_ms_batch_1},
                                {"peak_rss_mb", peak_rss_mb},
                                {"blas_core", blas_core},
                                {"kernels", kernels::kBuilt}}
             .dump(2) +
         "\n";
}

std::string BenchmarkResult::to_text() const {
  return concat(config, ", batch ", batch_size, ", ", threads,
                threads == 1 ? " thread" : " threads", ", OpenBLAS kernels for ", blas_core,
                kernels::kBuilt ? "" : ", without the kernels room", ", medians of ", steps,
                " steps:\n", "  training step      ", fixed(train_ms_per_step, 2), " ms\n",
                "  training           ", fixed(train_images_per_second, 0), " images/s\n",
                "  prediction         ", fixed(predict_images_per_second, 0), " images/s\n",
                "  one image          ", fixed(predict_ms_batch_1, 3), " ms\n",
                "  peak memory        ", fixed(peak_rss_mb, 0), " MB in training\n");
}

}  // namespace minitape
