#include "minitape/nn/sequential.hpp"

#include <algorithm>

#include "minitape/ops/arithmetic.hpp"
#include "nn/kernels.hpp"

namespace minitape {

Sequential::Sequential(const Sequential& other)
    : next_position_(other.next_position_), initialized_(other.initialized_) {
  for (const auto& [name, layer] : other.entries_) entries_.push_back({name, layer->clone()});
}

void Sequential::add_at(Index position, std::unique_ptr<Layer> layer) {
  MINITAPE_CHECK(position >= next_position_,
                 "[sequential] positions must increase: the next free one is ", next_position_,
                 ", got ", position);
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
      throw Error(concat("[sequential] layer ", entry.name, " does not fit after ", before,
                         ", which gives ", shape, ": ", error.what()));
    }
    before = "layer " + entry.name;
  }
  return shape;
}

Var Sequential::forward(Var x, Mode mode) {
  MINITAPE_CHECK(initialized_, "[sequential] call initialize(seed) before forward");
  std::string outside = x.tape().enter_layer("");
  for (std::size_t i = 0; i < size();) {
    x.tape().enter_layer(name(i));
    const std::size_t fused = kernels::forward(*this, i, x, mode);
    if (fused == 0) x = layer(i).forward(x, mode);
    i += std::max<std::size_t>(1, fused);
  }
  x.tape().enter_layer(std::move(outside));
  return x;
}

Tensor Sequential::predict(const Tensor& input) const {
  MINITAPE_CHECK(initialized_, "[sequential] call initialize(seed) before predict");
  if (auto y = kernels::predict_in_pieces(*this, input)) return *std::move(y);
  Tensor x = input;
  for (std::size_t i = 0; i < size();) {
    const std::size_t fused = kernels::predict(*this, i, x);
    if (fused == 0) x = layer(i).predict(x);
    i += std::max<std::size_t>(1, fused);
  }
  return x;
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

Shape Residual::output_shape(const Shape& input) const {
  const Shape output = body_.output_shape(input);
  MINITAPE_CHECK(output == input,
                 "[residual] the body must keep the shape, because its result is added to its "
                 "input: it takes ",
                 input, " and gives ", output);
  return output;
}

Var Residual::forward(Var x, Mode mode) { return add(x, body_.forward(x, mode)); }

Tensor Residual::predict(const Tensor& x) const {
  Tensor y = body_.predict(x);
  y.add(x);
  return y;
}

}  // namespace minitape
