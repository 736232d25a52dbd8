// Parameter: a tensor that training changes.
#pragma once

#include <string>
#include <utility>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// What a parameter does in its layer. Weight decay, for one, is meant for kernels alone.
enum class Role { kernel, bias, gamma, beta };

/// Parameters live in layers and outlive every tape. A backward pass adds to `gradient`; the
/// optimizer reads it, changes `value` and sets the gradient back to zero.
struct Parameter {
  Parameter(std::string name_, Role role_, const Shape& shape)
      : name(std::move(name_)),
        role(role_),
        value(Tensor::zeros(shape)),
        gradient(Tensor::zeros(shape)) {}

  std::string name;  // "kernel"; inside a model "0.conv2d.kernel"
  Role role;
  Tensor value;
  Tensor gradient;        // same shape as value
  bool trainable = true;  // false: it gets no gradient, and the optimizer passes it over
};

}  // namespace minitape
