#include "tools/least_memory.hpp"

#include "minitape/config/build.hpp"
#include "minitape/ops/pool.hpp"

namespace minitape {
namespace {

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

}  // namespace

double data_bytes(const Config& config) {
  if (config.data.name == "none") return 0;
  const DataSize size = data_size(build_source(config));
  return static_cast<double>(size.train + size.test) * (product(input_shape(config)) + 1);
}

Need least_need(const Config& config, Work work) {
  const Count count = count_model(config);
  // A parameter has a value and a gradient, and with momentum a velocity.
  const bool velocities = work != Work::build && config.optimizer.momentum > 0;
  return {.fixed = sizeof(Real) * (velocities ? 3 : 2) * count.parameters +
                   (work == Work::train ? data_bytes(config) : 0),
          .per_image = work == Work::build ? 0 : sizeof(Real) * count.outputs};
}

double least_memory(const Config& config, Work work) {
  return least_need(config, work).of(config.train.batch_size);
}

}  // namespace minitape
