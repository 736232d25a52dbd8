// Checks the gradients of a whole model against differences.
//
// The model gets a few random images. Gammas, betas, biases and running statistics are drawn at
// random first: with gamma 1 and beta 0, where batch norm starts, a backward function that forgets
// gamma would be right by chance. Checked are the input and every parameter, in training mode
// (statistics of the batch, dropout) and in inference mode. Meant for the double build.
#pragma once

#include <string>
#include <vector>

#include "minitape/nn/sequential.hpp"
#include "minitape/verify/gradient_check.hpp"

namespace minitape {

struct ModelCheckOptions {  // how check_model goes about it
  Index batch_size = 5;     // images
  GradientCheckOptions check{.max_entries = 20};
};

struct ModelCheck {  // what check_model found
  std::string name;
  Shape input;  // (N, …)
  GradientReport training, inference;
  std::vector<std::string> warnings;  // what makes the check weaker than it looks

  bool passed() const { return training.passed() && inference.passed(); }  // both have
  /// A row per tensor with both modes' largest errors; then what is wrong, and the warnings.
  std::string to_string() const;
};

/// `input` is the shape of one example. Changes the model's state.
ModelCheck check_model(const std::string& name, Sequential& model, const Shape& input,
                       const ModelCheckOptions& options = {});

}  // namespace minitape
