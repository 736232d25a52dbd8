// Stochastic gradient descent with momentum, Nesterov's variant and weight decay.
//
// For a parameter w with gradient g, velocity v (0 at first) and learning rate η, as PyTorch's SGD:
//
//   g ← beta_factor·g               betas only; with no decay as a learning rate of beta_factor·η
//   g ← g + weight_decay·w          kernels; betas too if decay_betas
//   v ← momentum·v + g
//   w ← w − η·v                     or, with Nesterov, w ← w − η·(g + momentum·v)
#pragma once

#include <vector>

#include "minitape/autodiff/parameter.hpp"

namespace minitape {

struct SgdOptions {         // checked when an Sgd is made
  double momentum = 0;      // in [0, 1)
  bool nesterov = false;    // needs a momentum
  double weight_decay = 0;  // on kernels
  double beta_factor = 1;   // of betas' gradients, not negative
  bool decay_betas = false;
};

class Sgd {
 public:
  /// The parameters must outlive the optimizer and stay where they are.
  Sgd(std::vector<Parameter*> parameters, SgdOptions options);

  /// Changes every parameter by its gradient, then sets the gradients to zero.
  void step(double learning_rate);

  const std::vector<Parameter*>& parameters() const { return parameters_; }  // as given
  /// One per parameter, of its shape; without momentum there are none.
  std::vector<Tensor>& velocities() { return velocities_; }
  const std::vector<Tensor>& velocities() const { return velocities_; }

 private:
  std::vector<Parameter*> parameters_;
  SgdOptions options_;
  std::vector<Tensor> velocities_;
};

}  // namespace minitape
