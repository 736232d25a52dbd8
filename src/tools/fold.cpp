#include "minitape/tools/fold.hpp"

#include <cmath>

#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"

namespace minitape {
namespace {

// The layer, if batch norm after it can be folded into it.
KernelLayer* foldable(Layer& layer) {
  if (auto* const conv2d = exactly<Conv2D>(layer)) return conv2d;
  return exactly<Dense>(layer);
}

void fold_into(KernelLayer& layer, const BatchNorm& batch_norm) {
  layer.add_bias();
  const LayerState state = layer.state();
  Tensor& kernel = state.parameters[0]->value;  // [..., C]
  Tensor& bias = state.parameters[1]->value;    // [C]
  const Tensor &gamma = batch_norm.gamma(), &beta = batch_norm.beta();
  const auto [mean, variance] = batch_norm.running();
  MINITAPE_CHECK(bias.size() == gamma.size(), "[fold] ", layer.type(), " gives ", bias.size(),
                 " channels, but the batch norm after it has ", gamma.size());
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
    KernelLayer* const kernel_layer = foldable(layer);
    const auto* const batch_norm =
        i + 1 < model.size() ? exactly<BatchNorm>(model.layer(i + 1)) : nullptr;
    if (kernel_layer && batch_norm) {
      fold_into(*kernel_layer, *batch_norm);
      model.remove(i + 1);  // then look at the same layer again: a second one may follow
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
  return std::ssize(model.const_state().buffers) / 2;  // each has two: the mean and the variance
}

}  // namespace minitape
