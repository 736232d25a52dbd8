#include "minitape/tools/fold.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"

namespace minitape {
namespace {

// The parameter with that role, which the layer has.
Tensor& parameter_of(const LayerState& state, Role role) {
  const auto has_role = [role](const Parameter* parameter) { return parameter->role == role; };
  return (*std::find_if(state.parameters.begin(), state.parameters.end(), has_role))->value;
}

// The buffer with that name (behind the prefix of the layer), which the layer has.
Tensor& buffer_of(const LayerState& state, std::string_view name) {
  const auto has_name = [name](const Buffer* buffer) { return buffer->name.ends_with(name); };
  return (*std::find_if(state.buffers.begin(), state.buffers.end(), has_name))->value;
}

// Gives a Conv2D or a Dense a bias if it has none, so that batch norm can be folded into it. Returns
// false for all other layers.
bool make_foldable(Layer& layer) {
  if (auto* const conv2d = exactly<Conv2D>(layer)) {
    conv2d->add_bias();
    return true;
  }
  if (auto* const dense = exactly<Dense>(layer)) {
    dense->add_bias();
    return true;
  }
  return false;
}

// `layer` has a kernel [..., C] and a bias [C].
void fold_into(Layer& layer, BatchNorm& batch_norm) {
  const LayerState target = layer.state(), source = batch_norm.state();
  Tensor& kernel = parameter_of(target, Role::kernel);
  Tensor& bias = parameter_of(target, Role::bias);
  const Tensor& gamma = parameter_of(source, Role::gamma);
  const Tensor& beta = parameter_of(source, Role::beta);
  const Tensor& mean = buffer_of(source, "running_mean");
  const Tensor& variance = buffer_of(source, "running_variance");
  MINITAPE_CHECK(bias.size() == gamma.size(), "[fold] ", layer.type(), " gives ", bias.size(),
                 " channels, but the batch norm behind it has ", gamma.size());
  const double epsilon = batch_norm.options().epsilon;
  // In double precision, so that each new number is rounded once.
  const Index channels = bias.size();
  for (Index c = 0; c < channels; ++c) {
    const double factor = double{gamma[c]} / std::sqrt(double{variance[c]} + epsilon);
    for (Index i = c; i < kernel.size(); i += channels) {
      kernel[i] = static_cast<Real>(double{kernel[i]} * factor);
    }
    bias[c] = static_cast<Real>(double{beta[c]} + (double{bias[c]} - double{mean[c]}) * factor);
  }
}

void fold(Sequential& model) {
  std::size_t i = 0;
  while (i < model.size()) {
    Layer& layer = model.layer(i);
    if (auto* const residual = exactly<Residual>(layer)) fold(residual->body());
    auto* const batch_norm =
        i + 1 < model.size() ? exactly<BatchNorm>(model.layer(i + 1)) : nullptr;
    if (batch_norm && make_foldable(layer)) {
      fold_into(layer, *batch_norm);
      model.remove(i + 1);  // now look behind the same layer again: a second one may follow
    } else {
      ++i;
    }
  }
}

}  // namespace

Sequential folded(const Sequential& model) {
  Sequential copy = model;
  fold(copy);
  return copy;
}

Index count_batch_norms(const Sequential& model) {
  Index count = 0;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const Layer& layer = model.layer(i);
    if (dynamic_cast<const BatchNorm*>(&layer)) ++count;
    if (const auto* residual = dynamic_cast<const Residual*>(&layer)) {
      count += count_batch_norms(residual->body());
    }
  }
  return count;
}

}  // namespace minitape
