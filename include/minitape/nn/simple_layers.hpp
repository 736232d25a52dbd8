// The layers without parameters: each is one operation.
#pragma once

#include "minitape/nn/layer.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/pool.hpp"

namespace minitape {

class Activation : public Layer {  // of any shape, each element by itself
 public:
  enum Kind { relu, leaky_relu, sigmoid, tanh };  // ops/activation.hpp
  /// `slope` is that of leaky_relu for negative inputs; the others have none.
  explicit Activation(Kind kind, double slope = 0.01)
      : kind_(kind), slope_(static_cast<Real>(slope)) {}

  std::string type() const override;
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Activation>(*this); }
  Shape output_shape(const Shape& input) const override { return input; }
  Var forward(Var x, Mode mode) override;
  Tensor predict(const Tensor& x) const override;
  Kind kind() const { return kind_; }  // as given

 private:
  Kind kind_;
  Real slope_;
};

class Pool : public Layer {  // (H, W, C) -> (out_h, out_w, C)
 public:
  enum Kind { max, avg };                                                   // ops/pool.hpp
  Pool(Kind kind, PoolOptions options) : kind_(kind), options_(options) {}  // checked in use

  std::string type() const override { return kind_ == max ? "max_pool" : "avg_pool"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Pool>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode) override { return pooled(x); }
  Tensor predict(const Tensor& x) const override { return pooled(x); }
  Kind kind() const { return kind_; }                      // as given
  const PoolOptions& options() const { return options_; }  // as given

 private:
  template <class X>  // a Var or a Tensor
  X pooled(const X& x) const {
    return kind_ == max ? max_pool(x, options_) : avg_pool(x, options_);
  }

  Kind kind_;
  PoolOptions options_;
};

/// (H, W, C) -> (C): the mean of each channel over the image.
class GlobalAvgPool : public Layer {
 public:
  std::string type() const override { return "global_avg_pool"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<GlobalAvgPool>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode) override { return global_avg_pool(x); }
  Tensor predict(const Tensor& x) const override { return global_avg_pool(x); }
};

/// (H, W, C) -> (H·W·C).
class Flatten : public Layer {
 public:
  std::string type() const override { return "flatten"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Flatten>(*this); }
  Shape output_shape(const Shape& input) const override { return {input.size()}; }
  Var forward(Var x, Mode) override { return flatten(x); }
  Tensor predict(const Tensor& x) const override { return flatten(x); }
};

/// Drops each element with probability `rate` in training; does nothing in inference. The k-th mask
/// comes from its own stream, so training that is stopped and resumed draws the same masks.
class Dropout : public Layer {
 public:
  explicit Dropout(double rate) : rate_(rate) {  // in [0, 1)
    MINITAPE_CHECK(rate >= 0 && rate < 1, "[dropout] the rate must be in [0, 1): got ", rate);
  }

  std::string type() const override { return "dropout"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Dropout>(*this); }
  Shape output_shape(const Shape& input) const override { return input; }
  Var forward(Var x, Mode mode) override;
  Tensor predict(const Tensor& x) const override { return x; }
  LayerState state() override { return {.counters = {&masks_}}; }
  void initialize(std::uint64_t seed) override {
    seed_ = seed;
    masks_.value = 0;
  }

 private:
  double rate_;
  std::uint64_t seed_ = 0;
  Counter masks_{"masks"};  // drawn so far
};

}  // namespace minitape
