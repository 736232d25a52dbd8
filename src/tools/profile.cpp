// Where a training step goes: measured part by part, against the machine's ceilings.
#include "minitape/tools/benchmark.hpp"

#include <algorithm>

#include "core/blas.hpp"
#include "minitape/config/build.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/core/random.hpp"
#include "minitape/recipe/label_smoothing.hpp"
#include "minitape/run/progress.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

// ---- What a node costs ----

double gigabytes(Index numbers) {
  return static_cast<double>(numbers) * static_cast<double>(sizeof(Real)) * 1e-9;
}

ProfileRow cost_of(const Tape& tape, const Tape::Node& node, bool backward) {
  Index read = 0, gradients = 0, wanted = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Tape::Node& from = tape.nodes()[static_cast<std::size_t>(node.inputs[i])];
    read += from.current_value().size();
    if (from.needs_gradient) gradients += from.current_value().size();
    if (from.needs_gradient && i < 2) ++wanted;  // of input and kernel
  }
  const Index output = node.value.size();
  ProfileRow row{.layer = node.layer.empty() ? "loss" : node.layer,
                 .operation = node.operation,
                 .backward = backward,
                 .gigabyte = gigabytes(read + output + (backward ? gradients : 0))};
  if (backward && node.operation == "reshape") row.gigabyte = 0;  // hands the gradient on
  if (node.operation == "conv2d" || node.operation == "dense") {
    const auto kernel_node = static_cast<std::size_t>(node.inputs[1]);
    const Tensor& kernel = tape.nodes()[kernel_node].current_value();
    const Index per_output = kernel.size() / kernel.channels();
    row.gigaflop = 2e-9 * static_cast<double>(output) * static_cast<double>(per_output) *
                   static_cast<double>(backward ? wanted : 1);
  }
  return row;
}

Dataset random_images(const Shape& shape, Index classes, Index count) {
  Dataset dataset{.name = "random", .image_shape = shape};
  dataset.class_names.resize(static_cast<std::size_t>(classes));
  dataset.pixels.resize(static_cast<std::size_t>(count * shape.size()));
  Random random = stream(1, "profile/images");
  for (std::uint8_t& pixel : dataset.pixels) pixel = static_cast<std::uint8_t>(random.bits());
  for (Index i = 0; i < count; ++i) {
    dataset.labels.push_back(static_cast<std::uint8_t>(i % classes));
  }
  return dataset;
}

// ---- The machine's ceilings ----

// A product of n × n matrices, cut into one block of rows per thread.
double measure_gflops() {
  const Index n = 1536, rows = chunk_count(n, thread_count());
  const Tensor a = Tensor::full({n, n}, 1), b = Tensor::full({n, n}, 1);
  Tensor c = Tensor::uninitialized({n, n});
  const double ms = median_ms(5, [&] {
    parallel_for(n, rows, [&](Index begin, Index end) {
      gemm(matrix(a.data() + begin * n, end - begin, n), matrix(b.data(), n, n), 0,
           c.data() + begin * n, n);
    });
  });
  return 2e-6 * static_cast<double>(n * n * n) / ms;
}

// x += y over arrays of 256 MB, far more than a cache holds: two reads, one write.
double measure_gbytes() {
  const Index size = (Index{256} << 20) / static_cast<Index>(sizeof(Real));
  Tensor x = Tensor::full({size}, 1);
  const Tensor y = Tensor::full({size}, 1);
  return 1000 * gigabytes(3 * size) / median_ms(5, [&] { x.add(y); });
}

}  // namespace

Profile profile(const Config& config, const std::string& name, Index steps) {
  MINITAPE_CHECK(steps >= 1, "[bench] needs at least one step: got ", steps);
  const Shape input = input_shape(config);
  Sequential model = build_model(config, input);
  const Shape output = model.output_shape(input);
  MINITAPE_CHECK(input.rank() == 3 && output.rank() == 1,
                 "[bench] a profile needs a model from images (H, W, C) to one number per class: "
                 "it takes ",
                 input, " and gives ", output);
  Sgd sgd(model.state().parameters, build_sgd_options(config));
  constexpr Index kBatches = 4;  // in an epoch
  const Dataset dataset = random_images(input, std::min<Index>(output[0], 256),
                                        std::max<Index>(2, config.train.batch_size) * kBatches);
  Batches batches(dataset, Standardization::none(input.channels()), build_batch_options(config));

  // The parts of a step in the order in which they are done, each with the time since the last one.
  std::vector<ProfileRow> parts;
  double last = 0;
  const auto take = [&](ProfileRow part) {
    part.ms = 1000 * (steady_seconds() - last);
    parts.push_back(std::move(part));
    last = steady_seconds();
  };
  Tape tape;
  tape.set_observer([&](const Tape::Node& node, bool backward) {
    if (!node.inputs.empty()) take(cost_of(tape, node, backward));
  });
  std::vector<std::vector<double>> times;  // of each part, over the steps
  Index step = 0;
  const double step_ms = median_ms(steps, [&] {
    if (step % kBatches == 0) batches.start_epoch(step / kBatches);
    ++step;
    parts.clear();
    last = steady_seconds();
    Batch batch = *batches.next();
    take({.layer = "wait for the batch"});
    const Var logits = model.forward(tape.constant(std::move(batch.images)), Mode::training);
    const Var loss = smoothed_cross_entropy(logits, batch.labels, config.train.label_smoothing);
    if (loss.needs_gradient()) tape.backward(loss);
    sgd.step(1e-3);
    tape.clear();
    take({.layer = "update"});
    times.resize(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) times[i].push_back(parts[i].ms);
  });
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].ms = median({times[i].end() - steps, times[i].end()});  // without the warm-up
  }
  return {.title = concat(name, ", batch ", config.train.batch_size, ", ", thread_count(),
                          thread_count() == 1 ? " thread" : " threads", ", OpenBLAS kernels for ",
                          blas_core(), ", medians of ", steps, " steps"),
          .gflops = measure_gflops(),
          .gbytes = measure_gbytes(),
          .rows = std::move(parts),
          .step_ms = step_ms};
}

std::string Profile::to_text() const {
  std::vector<std::vector<std::string>> table{
      {"layer", "operation", "", "ms", "share", "GFLOP/s", "GB/s", "of its ceiling", ""}};
  double sum = 0;
  for (const ProfileRow& row : rows) {
    sum += row.ms;
    const std::string direction = row.backward ? "backward" : "forward";
    std::vector<std::string> cells{row.layer, row.operation, row.operation.empty() ? "" : direction,
                                   fixed(row.ms, 3), percent(row.ms / step_ms, 1)};
    if (row.gigabyte > 0) {
      // What the row takes at least, as far as arithmetic and as far as memory goes.
      const double arithmetic_ms = 1000 * row.gigaflop / gflops;
      const double memory_ms = 1000 * row.gigabyte / gbytes;
      cells.insert(cells.end(), {row.gigaflop > 0 ? fixed(1000 * row.gigaflop / row.ms, 0) : "",
                                 fixed(1000 * row.gigabyte / row.ms, 1),
                                 percent(std::max(arithmetic_ms, memory_ms) / row.ms, 0),
                                 arithmetic_ms > memory_ms ? "arithmetic" : "memory"});
    }
    table.push_back(std::move(cells));
  }
  table.push_back({"everything else", "", "", fixed(std::max(0.0, step_ms - sum), 3)});
  table.push_back({"a step", "", "", fixed(step_ms, 3)});
  return concat(title, "\nthis machine: ", fixed(gflops, 0),
                " GFLOP/s in a product of large matrices, ", fixed(gbytes, 1),
                " GB/s from memory\n\n", aligned(table, "lllrrrrrl"));
}

}  // namespace minitape
