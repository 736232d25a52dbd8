#include "minitape/nn/sequential.hpp"

#include <algorithm>

#include "minitape/core/parallel.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/fused.hpp"
#include "nn/exactly.hpp"

namespace minitape {
namespace {

// ---- Pieces of a batch ----

Tensor copy_of_rows(const Tensor& x, Index begin, Index end) {
  const Shape example = x.shape().without_batch();
  Tensor rows = Tensor::uninitialized(example.with_batch(end - begin));
  std::copy_n(x.data() + begin * example.size(), rows.size(), rows.data());
  return rows;
}

Tensor joined(const std::vector<Tensor>& pieces, Index images) {
  Tensor all = Tensor::uninitialized(pieces[0].shape().without_batch().with_batch(images));
  Real* to = all.data();
  for (const Tensor& piece : pieces) to = std::copy_n(piece.data(), piece.size(), to);
  return all;
}

}  // namespace

// ---- Sequential ----

Sequential::Sequential(const Sequential& other)
    : next_position_(other.next_position_), initialized_(other.initialized_) {
  for (const Entry& entry : other.entries_) {
    entries_.push_back({entry.name, entry.layer->clone()});
  }
}

void Sequential::add_at(Index position, std::unique_ptr<Layer> layer) {
  MINITAPE_CHECK(position >= next_position_,
                 "[sequential] positions must increase: the next free "
                 "one is ",
                 next_position_, ", got ", position);
  const std::string name = std::to_string(position) + "." + layer->type();
  layer->add_prefix(name);
  entries_.push_back({name, std::move(layer)});
  next_position_ = position + 1;
}

Shape Sequential::output_shape(const Shape& input) const {
  Shape shape = input;
  std::string before = "the input";
  for (const Entry& entry : entries_) {
    try {
      shape = entry.layer->output_shape(shape);
    } catch (const Error& error) {
      throw Error(concat("[sequential] layer ", entry.name, " does not fit behind ", before,
                         ", which gives ", shape, ": ", error.what()));
    }
    before = "layer " + entry.name;
  }
  return shape;
}

// ---- Neighbours that are computed together, with the same result ----

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

const Pool* max_pool_at(const Sequential& model, std::size_t i) {
  const auto* const pool = layer_as<Pool>(model, i);
  return pool && pool->kind() == Pool::max ? pool : nullptr;
}

// The max pool behind layer i, if that is a relu.
const Pool* max_pool_behind_relu(const Sequential& model, std::size_t i) {
  return is_relu(model, i) ? max_pool_at(model, i + 1) : nullptr;
}

// Each sends x through layer i, or through several from there, and returns how many these were.

std::size_t forward_from(Sequential& model, std::size_t i, Var& x, Mode mode) {
  const Tape::LayerScope scope(x.tape(), model.name(i));
  auto* const batch_norm = layer_as<BatchNorm>(model, i);
  if (batch_norm && is_relu(model, i + 1) && mode == Mode::training) {
    const Pool* const pool = max_pool_behind_relu(model, i + 1);
    if (pool && pool->window(x.value().shape()).tiles_image()) {
      x = batch_norm->forward_with_relu_and_max_pool(x, pool->options());
      return 3;
    }
    x = batch_norm->forward_with_relu(x);
    return 2;
  }
  if (const Pool* const pool = max_pool_behind_relu(model, i)) {
    x = relu_max_pool(x, pool->options());
    return 2;
  }
  x = model.layer(i).forward(x, mode);
  return 1;
}

std::size_t predict_from(const Sequential& model, std::size_t i, Tensor& x) {
  const auto* const conv2d = layer_as<Conv2D>(model, i);
  const auto* const batch_norm = layer_as<BatchNorm>(model, i + 1);
  if (conv2d && batch_norm && is_relu(model, i + 2)) {
    x = conv2d->predict_with_batch_norm_and_relu(x, *batch_norm);
    return 3;
  }
  if (const Pool* const pool = max_pool_behind_relu(model, i)) {
    x = relu_max_pool(x, pool->options());
    return 2;
  }
  x = model.layer(i).predict(std::move(x));
  return 1;
}

}  // namespace

// ---- Forward and predict ----

Var Sequential::forward(Var x, Mode mode) {
  MINITAPE_CHECK(initialized_, "[sequential] call initialize(seed) before forward");
  for (std::size_t i = 0; i < size();) i += forward_from(*this, i, x, mode);
  return x;
}

Tensor Sequential::predict(Tensor x) const {
  MINITAPE_CHECK(initialized_, "[sequential] call initialize(seed) before predict");
  const Index images = x.shape()[0];
  if (images <= kPiece) {
    for (std::size_t i = 0; i < size();) i += predict_from(*this, i, x);
    return x;
  }
  // Some images at a time go through all layers, so that what a layer has written is still in the
  // cache when the next one reads it.
  std::vector<Tensor> results(static_cast<std::size_t>(chunk_count(images, kPiece)));
  parallel_chunks(images, kPiece, [&](Index piece, Index begin, Index end) {
    results[static_cast<std::size_t>(piece)] = predict(copy_of_rows(x, begin, end));
  });
  return joined(results, images);
}

LayerState Sequential::state() {
  LayerState all;
  for (const Entry& entry : entries_) all.append(entry.layer->state());
  return all;
}

void Sequential::initialize(std::uint64_t seed) {
  for (const Entry& entry : entries_) entry.layer->initialize(seed);
  initialized_ = true;
}

void Sequential::add_prefix(const std::string& prefix) {
  for (Entry& entry : entries_) {
    entry.name = prefix + "." + entry.name;
    entry.layer->add_prefix(prefix);
  }
}

// ---- Residual ----

Shape Residual::output_shape(const Shape& input) const {
  const Shape output = body_.output_shape(input);
  MINITAPE_CHECK(output == input,
                 "[residual] the body must keep the shape, because its result is "
                 "added to its input: it takes ",
                 input, " and gives ", output);
  return output;
}

Var Residual::forward(Var x, Mode mode) {
  return add(x, body_.forward(x, mode));
}

Tensor Residual::predict(Tensor x) const {
  Tensor y = x;
  y.add(body_.predict(std::move(x)));
  return y;
}

}  // namespace minitape
