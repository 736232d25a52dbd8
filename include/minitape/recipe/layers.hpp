// Layers of networks that are trained in minutes: GELU, and logits times a constant.
//
// The room recipe/ holds what the fast CIFAR-10 recipes use and a plain training run does not:
//
//   layers           this file
//   label_smoothing  a loss that does not ask for certainty
//   identity         kernels that begin by handing their input on
//   whitening        a first convolution whose kernels come from the images
//   lookahead        a slow copy of the model that the trained one comes back to
//
// No earlier room includes it. config/, run/ and tools/ use it where a config asks for it.
#pragma once

#include "minitape/nn/layer.hpp"

namespace minitape {

/// x·Φ(x), where Φ is the normal distribution's cumulative function, in its usual approximation
/// (D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units", 2016; PyTorch's
/// GELU(approximate="tanh")):
///
///   y  = x·s                      s = sigmoid(2u), u = √(2/π)·(x + 0.044715·x³)
///   dx = dy·(s + x·s·(1 − s)·2u')
Tensor gelu(const Tensor& x);
Var gelu(Var x);

class Gelu : public Layer {  // of any shape, each element by itself
 public:
  std::string type() const override { return "gelu"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Gelu>(*this); }
  Shape output_shape(const Shape& input) const override { return input; }
  Var forward(Var x, Mode) override { return gelu(x); }
  Tensor predict(const Tensor& x) const override { return gelu(x); }
};

/// y = factor·x. Of logits: with a factor below 1 the softmax starts less certain.
class Scale : public Layer {
 public:
  explicit Scale(double factor) : factor_(static_cast<Real>(factor)) {}  // any factor

  std::string type() const override { return "scale"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Scale>(*this); }
  Shape output_shape(const Shape& input) const override { return input; }
  Var forward(Var x, Mode mode) override;
  Tensor predict(const Tensor& x) const override;

 private:
  Real factor_;
};

}  // namespace minitape
