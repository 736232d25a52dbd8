#include "minitape/experiment/memory.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <new>
#include <sstream>

#include "minitape/core/free_memory.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/experiment/build.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/pool.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"

namespace minitape {
namespace {

// ---- From the shapes alone ----

constexpr double kBytes = sizeof(Real);

// Counts numbers, not bytes; in double, which does not overflow.
struct Count {
  double parameters = 0;
  double outputs = 0;  // of one example, the input included
};

double product(const Shape& shape) {
  double size = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) size *= static_cast<double>(shape[axis]);
  return size;
}

void count_layers(const std::vector<LayerConfig>& layers, Shape& shape, Count& count);

// What one layer makes of one example.
Shape count_layer(const LayerConfig& layer, const Shape& shape, Count& count) {
  const std::string& type = layer.type;
  if (type == "conv2d") {
    count.parameters += product({layer.kernel, layer.kernel, shape.channels(), layer.filters});
    const Window w = Window::over(type, shape.with_batch(1), layer.kernel, layer.kernel,
                                  layer.stride, layer.padding);
    return {w.out_h, w.out_w, layer.filters};
  }
  if (type == "dense") {
    count.parameters += product({shape.channels(), layer.units});
    return {layer.units};
  }
  if (type == "max_pool" || type == "avg_pool") {
    const Window w =
        pool_window(type, shape.with_batch(1), {layer.size, layer.stride, layer.padding});
    return {w.out_h, w.out_w, shape.channels()};
  }
  if (type == "global_avg_pool") return {shape.channels()};
  if (type == "flatten") return {shape.size()};
  if (type == "residual") {
    Shape body = shape;
    count_layers(layer.layers, body, count);
  }
  return shape;
}

void count_layers(const std::vector<LayerConfig>& layers, Shape& shape, Count& count) {
  for (const LayerConfig& layer : layers) {
    // Batch norm may be off. It and a relu can be computed together with a neighbour and then leave
    // no output of their own.
    if (layer.type == "batch_norm" || layer.type == "relu") continue;
    shape = count_layer(layer, shape, count);
    count.outputs += product(shape);
  }
}

Count count_model(const Config& config) {
  Shape shape = input_shape(config);
  Count count{.outputs = product(shape)};
  try {
    count_layers(config.model.layers, shape, count);
  } catch (const Error&) {
    // These layers do not fit together. That is for the model to say.
  }
  return count;
}

double data_bytes(const Config& config) {
  if (config.data.name == "none") return 0;
  const DataSize size = data_size(build_source(config));
  return static_cast<double>(size.train + size.test) * (product(input_shape(config)) + 1);
}

// ---- From a step ----

constexpr Index kProbe = 16;  // images: as many as the groups that sum up a kernel's gradient

double held() {
  return static_cast<double>(allocator_stats().bytes_in_use);
}

double taken() {
  const AllocatorStats stats = allocator_stats();
  return static_cast<double>(stats.bytes_in_use + stats.bytes_kept);
}

// Takes one training step and looks.
MemoryEstimate probe(const Config& config, Index batch_size) {
  MemoryEstimate estimate{.batch_size = batch_size, .threads = thread_count()};
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

  // The model is measured on 256 images at a time, each thread with 32 of them.
  release_kept_buffers();
  const double alone = taken();
  const_cast<const Sequential&>(model).predict(Tensor::zeros(input.with_batch(32)));
  const double pieces = std::min(thread_count(), 8);
  estimate.evaluation =
      pieces * (taken() - alone) + 256 / static_cast<double>(batch_size) * estimate.images;
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

// Bytes: fixed + batch_size·per_image.
struct Need {
  double fixed = 0, per_image = 0;
  double of(Index batch_size) const { return fixed + static_cast<double>(batch_size) * per_image; }
};

Need least_need(const Config& config, Work work) {
  const Count count = count_model(config);
  // A parameter has a value and a gradient, and with momentum a velocity.
  const bool velocities = work != Work::build && config.optimizer.momentum > 0;
  return {.fixed = kBytes * (velocities ? 3 : 2) * count.parameters +
                   (work == Work::train ? data_bytes(config) : 0),
          .per_image = work == Work::build ? 0 : kBytes * count.outputs};
}

// What the process does not hold yet, `estimate` being what it needs in all.
Need further_need(const MemoryEstimate& estimate, Work work) {
  const double all = work == Work::train ? estimate.train() : estimate.step();
  const double images = (work == Work::train ? 2 : 1) * estimate.images;
  const double growing = estimate.activations + estimate.workspace + images;
  return {.fixed = all - growing - resident_memory(),
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

double least_memory(const Config& config, Work work) {
  return least_need(config, work).of(config.train.batch_size);
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

void check_memory(const Config& config, Work work, double free_bytes) {
  const Need least = least_need(config, work);
  check(config, work, least, "at least", free_bytes);
  if (work == Work::build) return;
  // What the bound leaves out is not ten times as large: workspace, and evaluation's 256 images.
  if (10 * least.of(std::max<Index>(256, config.train.batch_size)) < free_bytes) return;

  check(config, work, further_need(estimate_memory(config), work), "about", free_bytes);
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
