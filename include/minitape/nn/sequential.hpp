// Sequential: layers one after the other. This is what a model is.
//
//   Sequential model;
//   model.add<Conv2D>(1, 16, 3);              // becomes "0.conv2d"
//   model.add<BatchNorm>(16);                 // "1.batch_norm"
//   model.add<Activation>(Activation::relu);  // "2.relu"
//   model.initialize(seed);
//
// A layer's name is its position and its type. Names choose the random streams of the initial
// weights, so a model that is to be compared with another one numbers its layers alike: add_at can
// leave a number out.
#pragma once

#include <memory>
#include <utility>

#include "minitape/nn/layer.hpp"

namespace minitape {

class Sequential : public Layer {
 public:
  Sequential() = default;
  Sequential(const Sequential& other);  // copies every layer with its state
  Sequential(Sequential&&) = default;
  Sequential& operator=(Sequential&&) = default;

  /// Appends a layer, numbered one higher than the last.
  template <class L, class... Arguments>
  void add(Arguments&&... arguments) {
    add_at(next_position_, std::make_unique<L>(std::forward<Arguments>(arguments)...));
  }
  /// Appends a layer under the given number, which must be larger than those before.
  void add_at(Index position, std::unique_ptr<Layer> layer);

  std::string type() const override { return "sequential"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Sequential>(*this); }
  /// Throws, naming the layer and both sides' shapes, where two layers do not fit together.
  Shape output_shape(const Shape& input) const override;
  /// Throws before initialize(). Every node is recorded under its layer's name.
  Var forward(Var x, Mode mode) override;
  /// What forward gives in Mode::inference. A large batch may be rounded otherwise, because the
  /// kernels room cuts it into pieces.
  Tensor predict(const Tensor& x) const override;
  LayerState state() override;
  void initialize(std::uint64_t seed) override;
  void add_prefix(const std::string& prefix) override;

  std::size_t size() const { return entries_.size(); }                       // how many layers
  const std::string& name(std::size_t i) const { return entries_[i].name; }  // "0.conv2d"
  const Layer& layer(std::size_t i) const { return *entries_[i].layer; }
  Layer& layer(std::size_t i) { return *entries_[i].layer; }
  /// Takes layer i out. The others keep their names.
  void remove(std::size_t i) { entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i)); }

 private:
  struct Entry {
    std::string name;
    std::unique_ptr<Layer> layer;
  };

  std::vector<Entry> entries_;
  Index next_position_ = 0;
  bool initialized_ = false;
};

/// y = x + body(x) (K. He et al., "Deep Residual Learning for Image Recognition", 2015). The body
/// must keep the shape.
class Residual : public Layer {
 public:
  explicit Residual(Sequential body) : body_(std::move(body)) {}  // not initialized yet

  std::string type() const override { return "residual"; }
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Residual>(*this); }
  Shape output_shape(const Shape& input) const override;
  Var forward(Var x, Mode mode) override;
  Tensor predict(const Tensor& x) const override;
  LayerState state() override { return body_.state(); }
  void initialize(std::uint64_t seed) override { body_.initialize(seed); }
  void add_prefix(const std::string& prefix) override { body_.add_prefix(prefix); }

  const Sequential& body() const { return body_; }  // what stands in the branch
  Sequential& body() { return body_; }              // the same, to change it

 private:
  Sequential body_;
};

}  // namespace minitape
