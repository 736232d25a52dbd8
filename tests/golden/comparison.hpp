// Comparing minitape with a fixture: tensors, and a layer with all of its gradients.
//
// Differences are measured against the largest element of the expected tensor. So a gradient whose
// elements are all small must be as right as one of size 1.
#pragma once

#include <string>

#include "fixture.hpp"
#include "minitape/nn/layer.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "testing.hpp"

namespace minitape {

/// The one in float, the other in double.
inline double by_precision(double in_float, double in_double) {
  return sizeof(Real) == sizeof(float) ? in_float : in_double;
}

/// "" when no element is off by more than `tolerance` times the largest expected one. A tolerance
/// of 0 asks for equal numbers.
inline std::string differs(const std::string& name, const Tensor& actual, const Tensor& expected,
                           double tolerance) {
  if (actual.shape() != expected.shape()) {
    return concat(name, " has shape ", actual.shape(), ", PyTorch's has ", expected.shape(), "\n");
  }
  double scale = 0, largest = -1;
  Index where = 0;
  for (const Real value : expected.values()) scale = std::max(scale, std::abs(double{value}));
  for (Index i = 0; i < actual.size(); ++i) {
    const double error = std::abs(double{actual[i]} - double{expected[i]});
    if (!(error <= largest)) {  // also when it is a NaN, which then fails below
      largest = error;
      where = i;
      if (std::isnan(error)) break;
    }
  }
  if (largest <= tolerance * scale) return "";
  return concat(name, " ", actual.shape(), " is off by ", largest / scale,
                " of its largest element (tolerance ", tolerance, ") at element ", where, ": ",
                actual[where], ", PyTorch has ", expected[where], "\n");
}

/// The same against the tensor of that name in the fixture.
inline std::string differs(const std::string& name, const Tensor& actual, const Record& expected,
                           double tolerance) {
  return differs(name, actual, expected.tensor(name), tolerance);
}

/// Puts the fixture's numbers into the parameters.
inline void load_parameters(const LayerState& state, const Record& from) {
  for (Parameter* parameter : state.parameters) {
    parameter->value = from.tensor(parameter->name, parameter->value.shape());
  }
}

/// Runs the layer on the fixture's x, sends its dy back, and compares y, dx and the gradient of
/// every parameter ("dkernel" for "kernel"). What predict() gives must be the same y where the
/// layer computes alike in both modes.
inline std::string wrong_layer(Layer& layer, const Record& expected, Mode mode, double tolerance) {
  const LayerState state = layer.state();
  for (Parameter* parameter : state.parameters) parameter->gradient.fill(0);
  const Tensor input = expected.tensor("x");
  Tape tape;
  const Var x = tape.variable(input);
  const Var y = layer.forward(x, mode);
  std::string text = differs("y", y.value(), expected, tolerance);
  if (!text.empty()) return text;
  if (mode == Mode::inference || state.buffers.empty()) {
    text += differs("y", layer.predict(input), expected, tolerance);
  }
  tape.backward(sum(y * tape.constant(expected.tensor("dy"))));
  text += differs("dx", x.gradient(), expected, tolerance);
  for (const Parameter* parameter : state.parameters) {
    text += differs("d" + parameter->name, parameter->gradient, expected, tolerance);
  }
  return text;
}

}  // namespace minitape
