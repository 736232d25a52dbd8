#include "minitape/tools/profile.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iomanip>
#include <sstream>

#include "core/blas.hpp"
#include "minitape/config/build.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/core/random.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// The best of some runs, in milliseconds: a ceiling is what is possible, not what is usual.
double best_ms(const std::function<void()>& work) {
  double best = 1e30;
  for (int i = 0; i < 7; ++i) {
    const auto start = Clock::now();
    work();
    best = std::min(best, ms_since(start));
  }
  return best;
}

// ---- What a node costs ----

double gigabytes(Index numbers) {
  return static_cast<double>(numbers) * static_cast<double>(sizeof(Real)) * 1e-9;
}

ProfileRow cost_of(const Tape& tape, const Tape::Node& node, bool backward) {
  const auto input = [&](Index i) -> const Tape::Node& {
    return tape.nodes()[static_cast<std::size_t>(i)];
  };
  Index read = 0, gradients = 0, wanted = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Tape::Node& from = input(node.inputs[i]);
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
    const Tensor& kernel = input(node.inputs[1]).current_value();
    const Index per_output = kernel.size() / kernel.channels();
    row.gigaflop = 2e-9 * static_cast<double>(output) * static_cast<double>(per_output) *
                   static_cast<double>(backward ? wanted : 1);
  }
  return row;
}

// ---- Steps ----

// The times of one step's parts, taken one after the other, over many steps.
class Stopwatch {
 public:
  void start_step() {
    part_ = 0;
    last_ = Clock::now();
  }
  /// What has happened since the last call belongs to `row`.
  void take(const ProfileRow& row) {
    const double ms = ms_since(last_);
    if (part_ == rows_.size()) {
      rows_.push_back(row);
      times_.emplace_back();
    }
    times_[part_++].push_back(ms);
    last_ = Clock::now();
  }
  std::vector<ProfileRow> medians() const {
    std::vector<ProfileRow> rows = rows_;
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].ms = median(times_[i]);
    return rows;
  }

 private:
  std::vector<ProfileRow> rows_;
  std::vector<std::vector<double>> times_;
  std::size_t part_ = 0;
  Clock::time_point last_;
};

// Random bytes with the config's shape.
Dataset random_images(const Shape& shape, Index classes, Index count) {
  Dataset dataset{.name = "random", .image_shape = shape};
  Random random = stream(1, "profile/images");
  dataset.pixels.resize(static_cast<std::size_t>(count * shape.size()));
  for (std::uint8_t& pixel : dataset.pixels) pixel = static_cast<std::uint8_t>(random.bits());
  for (Index i = 0; i < count; ++i)
    dataset.labels.push_back(static_cast<std::uint8_t>(i % classes));
  dataset.class_names.resize(static_cast<std::size_t>(classes));
  return dataset;
}

}  // namespace

Ceilings measure_ceilings() {
  // A product of n × n matrices, cut into one block of rows per thread.
  const Index n = 1536, rows = chunk_count(n, thread_count());
  const Tensor a = Tensor::full({n, n}, 1), b = Tensor::full({n, n}, 1);
  Tensor c = Tensor::uninitialized({n, n});
  const double product_ms = best_ms([&] {
    parallel_for(n, rows, [&](Index begin, Index end) {
      gemm(matrix(a.data() + begin * n, end - begin, n), matrix(b.data(), n, n), 0,
           c.data() + begin * n, n);
    });
  });
  // x += y over arrays of 256 MB, far more than a cache holds: two reads, one write.
  const Index size = (Index{256} << 20) / static_cast<Index>(sizeof(Real));
  Tensor x = Tensor::full({size}, 1);
  const Tensor y = Tensor::full({size}, 1);
  const double add_ms = best_ms([&] { x.add(y); });
  const double side = static_cast<double>(n);
  return {.gflops = 2e-6 * side * side * side / product_ms,
          .gbytes = 1000 * gigabytes(3 * size) / add_ms};
}

Profile profile(const Config& config, const std::string& name, Index steps) {
  MINITAPE_CHECK(steps >= 1, "[bench] needs at least one step: got ", steps);
  constexpr Index kWarmUp = 3;
  const Shape input = input_shape(config);
  Sequential model = build_model(config, input);
  const Shape output = model.output_shape(input);
  MINITAPE_CHECK(
      input.rank() == 3 && output.rank() == 1,
      "[bench] a profile needs a model from images (H, W, C) to one number per class: it "
      "takes ",
      input, " and gives ", output);
  Sgd sgd(model.state().parameters, build_sgd_options(config));
  constexpr Index kBatches = 4;  // in an epoch
  const Dataset dataset = random_images(input, std::min<Index>(output[0], 256),
                                        std::max<Index>(2, config.train.batch_size) * kBatches);
  Batches batches(dataset, Standardization::none(input.channels()), build_batch_options(config));

  Stopwatch stopwatch;
  Tape tape;
  tape.set_observer([&](const Tape::Node& node, bool backward) {
    if (!node.inputs.empty()) stopwatch.take(cost_of(tape, node, backward));
  });
  std::vector<double> totals;
  for (Index step = 0; step < kWarmUp + steps; ++step) {
    if (step == kWarmUp) stopwatch = {};
    if (step % kBatches == 0) batches.start_epoch(step / kBatches);
    const auto start = Clock::now();
    stopwatch.start_step();
    Batch batch = *batches.next();
    stopwatch.take({.layer = "wait for the batch"});
    const Var logits = model.forward(tape.constant(std::move(batch.images)), Mode::training);
    tape.backward(softmax_cross_entropy(logits, batch.labels));
    sgd.step(1e-3);
    tape.clear();
    stopwatch.take({.layer = "update"});
    if (step >= kWarmUp) totals.push_back(ms_since(start));
  }
  return {.title = concat(name, ", batch ", config.train.batch_size, ", ", thread_count(),
                          thread_count() == 1 ? " thread" : " threads", ", OpenBLAS kernels for ",
                          blas_core(), ", medians of ", steps, " steps"),
          .ceilings = measure_ceilings(),
          .rows = stopwatch.medians(),
          .step_ms = median(totals)};
}

// ---- Text ----

bool ProfileRow::bound_by_arithmetic(const Ceilings& ceilings) const {
  return gigaflop / ceilings.gflops > gigabyte / ceilings.gbytes;
}

double ProfileRow::share_of_ceiling(const Ceilings& ceilings) const {
  const double ideal_ms = 1000 * std::max(gigaflop / ceilings.gflops, gigabyte / ceilings.gbytes);
  return ms > 0 ? ideal_ms / ms : 0;
}

std::string Profile::to_text() const {
  std::size_t longest = 24;
  for (const ProfileRow& row : rows) longest = std::max(longest, row.layer.size());
  const int layer_width = static_cast<int>(longest) + 2;
  std::ostringstream text;
  text << title << "\nthis machine: " << std::fixed << std::setprecision(0) << ceilings.gflops
       << " GFLOP/s in a product of large matrices, " << std::setprecision(1) << ceilings.gbytes
       << " GB/s from memory\n\n"
       << std::left << std::setw(layer_width) << "layer" << std::setw(26) << "operation"
       << std::setw(10) << "" << std::right << std::setw(9) << "ms" << std::setw(8) << "share"
       << std::setw(10) << "GFLOP/s" << std::setw(8) << "GB/s"
       << "   of its ceiling\n";
  double sum = 0;
  for (const ProfileRow& row : rows) {
    sum += row.ms;
    text << std::left << std::setw(layer_width) << row.layer << std::setw(26) << row.operation
         << std::setw(10)
         << (row.operation.empty() ? ""
             : row.backward        ? "backward"
                                   : "forward")
         << std::right << std::setprecision(3) << std::setw(9) << row.ms << std::setprecision(1)
         << std::setw(6) << 100 * row.ms / step_ms << " %";
    if (row.gigabyte > 0) {
      text << std::setw(10) << std::setprecision(0);
      if (row.gigaflop > 0) {
        text << 1000 * row.gigaflop / row.ms;
      } else {
        text << "";
      }
      text << std::setw(8) << std::setprecision(1) << 1000 * row.gigabyte / row.ms << std::setw(6)
           << std::setprecision(0) << 100 * row.share_of_ceiling(ceilings) << " % "
           << (row.bound_by_arithmetic(ceilings) ? "arithmetic" : "memory");
    }
    text << "\n";
  }
  text << std::left << std::setw(layer_width + 36) << "everything else" << std::right
       << std::setprecision(3) << std::setw(9) << std::max(0.0, step_ms - sum) << "\n"
       << std::left << std::setw(layer_width + 36) << "a step" << std::right << std::setw(9)
       << step_ms << "\n";
  return text.str();
}

}  // namespace minitape
