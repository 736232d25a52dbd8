#include "minitape/tools/memory.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <new>
#include <sstream>

#include "minitape/config/build.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/run/trainer.hpp"
#include "tools/least_memory.hpp"

namespace minitape {
namespace {

constexpr double kBytes = sizeof(Real);
constexpr Index kProbe = 16;  // images: as many as the groups that sum up a kernel's gradient

double held() {
  return static_cast<double>(allocator_stats().bytes_in_use);
}

double taken() {
  const AllocatorStats stats = allocator_stats();
  return static_cast<double>(stats.bytes_in_use + stats.bytes_kept);
}

// Builds the model, takes one training step, measures it once, and looks after each of the three.
MemoryEstimate probe(const Config& config, Index batch_size) {
  MemoryEstimate estimate{.batch_size = batch_size, .threads = thread_count()};

  // The model: its parameters, their gradients, the optimizer's velocities.
  release_kept_buffers();
  const double before = held();
  const Shape input = input_shape(config);
  Sequential model = build_model(config, input);
  const LayerState state = model.state();
  for (const Parameter* p : state.parameters) {
    estimate.gradients += kBytes * static_cast<double>(p->gradient.size());
  }
  estimate.parameters = held() - before - estimate.gradients;
  Sgd sgd(state.parameters, build_sgd_options(config));
  const double model_bytes = held() - before;
  estimate.optimizer = model_bytes - estimate.parameters - estimate.gradients;

  // A step: the batch, what forward leaves on the tape, what backward takes besides.
  Tape tape;
  const Var images = tape.constant(Tensor::zeros(input.with_batch(batch_size)));
  estimate.images = held() - before - model_bytes;
  // A model that ends in images cannot be trained, but it can be looked at.
  Var output = model.forward(images, Mode::training);
  if (output.shape().rank() > 2) output = flatten(output);
  const std::vector<int> labels(static_cast<std::size_t>(batch_size), 0);
  const Var loss = softmax_cross_entropy(output, labels);
  estimate.activations = held() - before - model_bytes;
  tape.backward(loss);
  sgd.step(0);
  estimate.workspace = taken() - before - model_bytes - estimate.activations;
  estimate.program = resident_memory() - taken();
  tape.clear();

  // The measuring: each thread has some of the images of a batch.
  constexpr Index kPiece = Sequential::kPiece;
  release_kept_buffers();
  const double alone = taken();
  const_cast<const Sequential&>(model).predict(Tensor::zeros(input.with_batch(kPiece)));
  const auto pieces = std::min<Index>(thread_count(), chunk_count(kEvaluationBatch, kPiece));
  estimate.evaluation =
      static_cast<double>(pieces) * (taken() - alone) +
      static_cast<double>(kEvaluationBatch) / static_cast<double>(batch_size) * estimate.images;
  return estimate;
}

// What a batch of that size needs, on the straight line through what two others need.
MemoryEstimate on_line(const MemoryEstimate& one, const MemoryEstimate& two, Index batch_size) {
  const double position = static_cast<double>(batch_size - one.batch_size) /
                          static_cast<double>(two.batch_size - one.batch_size);
  MemoryEstimate result = one;  // with what does not depend on the batch
  result.batch_size = batch_size;
  for (const auto part :
       {&MemoryEstimate::activations, &MemoryEstimate::workspace, &MemoryEstimate::images}) {
    result.*part += position * (two.*part - one.*part);
  }
  return result;
}

// ---- Too much ----

// What the process did not hold yet, `estimate` being what it needs in all.
Need further_need(const MemoryEstimate& estimate, Work work, double resident_bytes) {
  const double all = work == Work::train ? estimate.train() : estimate.step();
  const double images = (work == Work::train ? 2 : 1) * estimate.images;
  const double growing = estimate.activations + estimate.workspace + images;
  return {.fixed = all - growing - resident_bytes,
          .per_image = growing / static_cast<double>(estimate.batch_size)};
}

std::string megabytes(double bytes) {
  return concat(std::fixed, std::setprecision(0), std::ceil(bytes / 1e6), " MB");
}

void check(const Config& config, Work work, const Need& need, const char* bound,
           double free_bytes) {
  const Index batch_size = config.train.batch_size;
  const double all = need.of(batch_size);
  // A little less than fits: with a smaller batch not quite all of the workspace becomes smaller.
  const double fits = std::floor(0.95 * (free_bytes - need.fixed) / need.per_image);
  const std::string batches = concat(" with batches of ", batch_size);
  MINITAPE_CHECK(all <= free_bytes, "[memory] ",
                 work == Work::build   ? "the model"
                 : work == Work::bench ? "bench" + batches
                                       : "train" + batches,
                 " must fit into memory: it needs ", bound, " ", megabytes(all), " more, and ",
                 megabytes(free_bytes), " are free. Choose ",
                 fits >= 1 ? concat("a train.batch_size of at most ", fits)
                           : std::string("a smaller model or less data"));
}

}  // namespace

// ---- The interface ----

double MemoryEstimate::step() const {
  return parameters + gradients + optimizer + activations + workspace + images + program;
}

double MemoryEstimate::train() const {
  // While one batch is learned, two more are on the way.
  return step() + images + data + evaluation + checkpoint();
}

MemoryEstimate estimate_memory(const Config& config) try {
  const Index batch_size = config.train.batch_size;
  MemoryEstimate estimate;
  if (batch_size <= 2 * kProbe) {
    estimate = probe(config, batch_size);
  } else {
    const MemoryEstimate one = probe(config, kProbe);
    estimate = on_line(one, probe(config, 2 * kProbe), batch_size);
  }
  estimate.data = data_bytes(config);
  release_kept_buffers();
  return estimate;
} catch (const std::bad_alloc&) {
  release_kept_buffers();
  throw Error(
      "[memory] a training step with a few images must fit into memory: not even that is "
      "free. Choose a smaller model");
}

void check_memory(const Config& config, Work work, const MemoryRoom& room) {
  const Need least = least_need(config, work);
  check(config, work, least, "at least", room.free_bytes);
  if (work == Work::build) return;
  // What the bound leaves out is not ten times as large: workspace, and the images of an evaluation.
  if (10 * least.of(std::max(kEvaluationBatch, config.train.batch_size)) < room.free_bytes) return;

  check(config, work, further_need(estimate_memory(config), work, room.resident_bytes), "about",
        room.free_bytes);
}

std::string MemoryEstimate::to_text() const {
  std::ostringstream text;
  const auto line = [&](const char* name, double bytes, const char* note) {
    text << "  " << std::left << std::setw(28) << name << std::right << std::fixed
         << std::setprecision(1) << std::setw(9) << bytes / 1e6 << note << "\n";
  };
  text << "Memory in MB (10^6 bytes) for batches of " << batch_size << ", " << threads
       << (threads == 1 ? " thread" : " threads") << ", about:\n";
  line("parameters", parameters, "   running statistics included");
  line("gradients", gradients, "");
  line("optimizer", optimizer, "");
  line("activations", activations, "   kept for backward");
  line("workspace", workspace, "");
  line("next batch", images, "");
  line("program", program, "");
  line("a training step", step(), "   bench");
  if (data == 0) {  // a folder's images are not known without reading them
    text << "  not counted: a data set, its evaluation, the checkpoint\n";
    return text.str();
  }
  line("data set", data, "");
  line("evaluation, one more batch", evaluation + images, "");
  line("checkpoint", checkpoint(), "");
  line("training", train(), "   train");
  return text.str();
}

}  // namespace minitape
