#include "minitape/nn/sequential.hpp"

#include <algorithm>

#include "minitape/core/parallel.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/arithmetic.hpp"
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

// ---- Neighbours that are computed together or in another order, with the same result ----

bool Sequential::is_relu(std::size_t i) const {
  const auto* const activation = exactly<Activation>(layer(i));
  return activation && activation->kind() == Activation::relu;
}

bool Sequential::is_batch_norm_before_relu(std::size_t i) const {
  return i + 1 < size() && exactly<BatchNorm>(layer(i)) && is_relu(i + 1);
}

bool Sequential::is_relu_before_max_pool(std::size_t i) const {
  return i + 1 < size() && is_relu(i) && exactly<Pool>(layer(i + 1)) &&
         layer(i + 1).type() == "max_pool";
}

// ---- Forward and predict ----

Var Sequential::forward(Var x, Mode mode) {
  MINITAPE_CHECK(initialized_, "[sequential] call initialize(seed) before forward");
  const auto apply = [&](std::size_t i) {
    const Tape::LayerScope scope(x.tape(), entries_[i].name);
    x = entries_[i].layer->forward(x, mode);
  };
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (mode == Mode::training && is_batch_norm_before_relu(i)) {
      const Tape::LayerScope scope(x.tape(), entries_[i].name);
      x = static_cast<BatchNorm&>(*entries_[i].layer).forward_with_relu(x);
      ++i;  // the relu is done
    } else if (is_relu_before_max_pool(i)) {
      // The largest of what relu gives is relu of the largest, which is of fewer numbers. The
      // gradient is the same as well: it reaches the first of the largest if that is positive.
      apply(i + 1);
      apply(i);
      ++i;
    } else {
      apply(i);
    }
  }
  return x;
}

Tensor Sequential::predict(Tensor x) const {
  MINITAPE_CHECK(initialized_, "[sequential] call initialize(seed) before predict");
  const Index images = x.shape()[0];
  if (images <= kPiece) {
    const auto apply = [&](std::size_t i) { x = entries_[i].layer->predict(std::move(x)); };
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const bool swapped = is_relu_before_max_pool(i);
      if (swapped) apply(i + 1);
      apply(i);
      if (swapped) ++i;
    }
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
