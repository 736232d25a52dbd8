// Which layers fuse with their neighbours: all that is known about it stands here.
//
//   training      batch norm, relu, max pool (windows side by side)     -> one operation
//                 batch norm, relu                                      -> one operation
//   prediction    convolution, batch norm, relu                         -> one operation
//   both          relu, max pool                                        -> one operation
//
// A class that is derived from one of these layers may compute something else, so it is left alone.
// Fused operations are recorded under the first layer's name.
#include <algorithm>

#include "kernels/fused.hpp"
#include "kernels/pool_windows.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "nn/kernels.hpp"

namespace minitape::kernels {
namespace {

// Layer i as an L, or nullptr: also where the model has no such layer.
template <class L, class Model>
auto* layer_as(Model& model, std::size_t i) {
  return i < model.size() ? exactly<L>(model.layer(i)) : nullptr;
}

bool is_relu(const Sequential& model, std::size_t i) {
  const auto* const activation = layer_as<Activation>(model, i);
  return activation && activation->kind() == Activation::relu;
}

// The windows over x of layer i, if that is a max pool.
std::optional<Window> max_pool_windows(const Sequential& model, std::size_t i, const Shape& x) {
  const auto* const pool = layer_as<Pool>(model, i);
  if (!pool || pool->kind() != Pool::max) return std::nullopt;
  return pool_window("max_pool", x, pool->options());
}

// Batch norm at i and relu after it, in training; returns 0 where they do not fit.
std::size_t forward_batch_norm(Sequential& model, std::size_t i, Var& x) {
  auto* const layer = layer_as<BatchNorm>(model, i);
  if (!layer || !is_relu(model, i + 1)) return 0;
  const Index rows = x.value().rows();
  if (x.shape().rank() < 2 || rows < 2 || x.value().channels() != layer->gamma().size()) return 0;
  const auto window = max_pool_windows(model, i + 2, x.shape());
  const bool with_pool = window && tiles_image(*window);
  const Var gamma = x.tape().parameter(*layer->state().parameters[0]);
  const Var beta = x.tape().parameter(*layer->state().parameters[1]);
  const auto epsilon = static_cast<Real>(layer->options().epsilon);
  const BatchNormResult result = with_pool
                                     ? batch_norm_relu_max_pool(x, gamma, beta, epsilon, *window)
                                     : batch_norm_relu(x, gamma, beta, epsilon);
  layer->update_running(result.batch, rows);
  x = result.y;
  return with_pool ? 3 : 2;
}

// Convolution at i, batch norm and relu after it; returns 0 where they do not fit.
std::size_t predict_conv2d(const Sequential& model, std::size_t i, Tensor& x) {
  const auto* const conv2d = layer_as<Conv2D>(model, i);
  const auto* const batch_norm = layer_as<BatchNorm>(model, i + 1);
  if (!conv2d || !batch_norm || !is_relu(model, i + 2)) return 0;
  const Tensor& kernel = conv2d->kernel();
  if (batch_norm->gamma().size() != kernel.channels()) return 0;
  const ConvSizes sizes = ConvSizes::of(x.shape(), kernel.shape(), conv2d->window());
  const ChannelNorm norm(batch_norm->running(), batch_norm->gamma(), batch_norm->beta(),
                         static_cast<Real>(batch_norm->options().epsilon));
  auto y = conv2d_batch_norm_relu(sizes, x, kernel, conv2d->bias(), norm);
  if (!y) return 0;
  x = *std::move(y);
  return 3;
}

}  // namespace

std::size_t forward(Sequential& model, std::size_t i, Var& x, Mode mode) {
  if (mode == Mode::training) {
    if (const std::size_t layers = forward_batch_norm(model, i, x)) return layers;
  }
  if (!is_relu(model, i)) return 0;
  const auto window = max_pool_windows(model, i + 1, x.shape());
  if (!window) return 0;
  x = relu_max_pool(x, *window);
  return 2;
}

std::size_t predict(const Sequential& model, std::size_t i, Tensor& x) {
  if (const std::size_t layers = predict_conv2d(model, i, x)) return layers;
  if (!is_relu(model, i)) return 0;
  const auto window = max_pool_windows(model, i + 1, x.shape());
  if (!window) return 0;
  x = relu_max_pool(x, *window);
  return 2;
}

// ---- Pieces of a batch ----

std::optional<Tensor> predict_in_pieces(const Sequential& model, const Tensor& x) {
  const Index images = x.shape()[0], piece = 32;
  if (images <= piece) return std::nullopt;
  // Some images at a time go through all layers, so that what a layer has written is still in the
  // cache when the next one reads it.
  const Shape example = x.shape().without_batch();
  std::vector<Tensor> results(static_cast<std::size_t>(chunk_count(images, piece)));
  parallel_chunks(images, piece, [&](Index chunk, Index begin, Index end) {
    Tensor some = Tensor::uninitialized(example.with_batch(end - begin));
    std::copy_n(x.data() + begin * example.size(), some.size(), some.data());
    results[static_cast<std::size_t>(chunk)] = model.predict(some);
  });
  Tensor all = Tensor::uninitialized(results[0].shape().without_batch().with_batch(images));
  Real* to = all.data();
  for (const Tensor& result : results) to = std::copy_n(result.data(), result.size(), to);
  return all;
}

}  // namespace minitape::kernels
