// What the tests of layers share: states unlike any layer's start, gradient checks of a layer with
// all of its parameters, and the comparison of the two ways to compute.
#pragma once

#include "gradients.hpp"
#include "minitape/nn/layer.hpp"

namespace minitape {

/// Fills parameters and running means with normal numbers (gamma gets both signs), and running
/// variances with positive ones.
inline void randomize(Layer& layer) {
  const LayerState state = layer.state();
  for (Parameter* parameter : state.parameters) {
    parameter->value = random_tensor("value/" + parameter->name, parameter->value.shape(), 0, 0.7);
  }
  for (Buffer* buffer : state.buffers) {
    buffer->value = random_tensor("value/" + buffer->name, buffer->value.shape());
    if (buffer->name.find("variance") == std::string::npos) continue;
    for (Real& value : buffer->value.values()) value = std::abs(value) + Real(0.1);
  }
}

/// Everything that a layer keeps, copied: parameters, then buffers, then counters.
inline std::vector<Tensor> snapshot(Layer& layer) {
  const LayerState state = layer.state();
  std::vector<Tensor> values;
  for (const Parameter* parameter : state.parameters) values.push_back(parameter->value);
  for (const Buffer* buffer : state.buffers) values.push_back(buffer->value);
  for (const Counter* counter : state.counters) {
    values.push_back(Tensor::scalar(static_cast<Real>(counter->value)));
  }
  return values;
}

/// "" when forward in Mode::inference and predict have the same bits and both leave the layer as it
/// was.
inline std::string inference_differs(Layer& layer, const Tensor& x) {
  const std::vector<Tensor> before = snapshot(layer);
  Tape tape;
  const Tensor y = layer.forward(tape.variable(x), Mode::inference).value();
  std::string text = different_bits(layer.predict(x), y);
  const std::vector<Tensor> after = snapshot(layer);
  for (std::size_t i = 0; i < before.size() && text.empty(); ++i) {
    text = different_bits(after[i], before[i]);
    if (!text.empty()) text = concat("state ", i, " has changed: ", text);
  }
  return text;
}

/// "" when forward, the shape rule and each other agree on the shape of the output.
inline std::string shape_differs(Layer& layer, const Shape& example) {
  Tape tape;
  const Var y =
      layer.forward(tape.variable(random_tensor("x", example.with_batch(3))), Mode::inference);
  const Shape expected = layer.output_shape(example).with_batch(3);
  return y.shape() == expected ? "" : concat("forward gives ", y.shape(), ", expected ", expected);
}

/// Checks a layer or a whole network with respect to its input and all of its parameters. Counters
/// are set back before each call, so that dropout draws the same masks every time.
inline std::string wrong_gradients(Layer& layer, const Tensor& x, Mode mode) {
  Parameter input("x", Role::kernel, x.shape());
  input.value = x;
  const LayerState state = layer.state();
  std::vector<Parameter*> parameters{&input};
  parameters.insert(parameters.end(), state.parameters.begin(), state.parameters.end());
  const auto on_tape = [&](Tape& tape) {
    for (Counter* counter : state.counters) counter->value = 0;
    return layer.forward(tape.parameter(input), mode);
  };
  const UseThreads one(1);
  const GradientReport report = check_gradients(layer.type(), on_tape, parameters);
  return report.passed() ? "" : report.to_string();
}

}  // namespace minitape
