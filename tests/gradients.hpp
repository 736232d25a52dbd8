// Gradient checks of operations: puts plain tensors on the tape as parameters and returns the
// report of check_gradients when a gradient is wrong, else an empty text.
#pragma once

#include <deque>
#include <functional>

#include "minitape/verify/gradient_check.hpp"
#include "testing.hpp"

namespace minitape {

/// Checks function(inputs) with respect to every input; `tensors` are the inputs' values.
inline std::string wrong_gradients(const std::function<Var(const std::vector<Var>&)>& function,
                                   const std::vector<Tensor>& tensors) {
  std::deque<Parameter> parameters;
  std::vector<Parameter*> pointers;
  for (const Tensor& tensor : tensors) {
    parameters.emplace_back(concat("input ", parameters.size()), Role::kernel, tensor.shape());
    parameters.back().value = tensor;
    pointers.push_back(&parameters.back());
  }
  const auto on_tape = [&](Tape& tape) {
    std::vector<Var> inputs;
    for (Parameter* parameter : pointers) inputs.push_back(tape.parameter(*parameter));
    return function(inputs);
  };
  const UseThreads one(1);  // waking a second thread takes longer than loops as small as these
  const GradientReport report = check_gradients("function", on_tape, pointers);
  return report.passed() ? "" : report.to_string();
}

}  // namespace minitape
