// Exercise: a step of the optimizer (chapter 5).
//
// Equations: include/minitape/optim/sgd.hpp. Members: parameters_, options_, and velocities_, which
// are tensors of the parameters' shapes, 0 at first, and empty without momentum.
//
// Change the value of every trainable parameter by its gradient, then set the gradient to zero.
// Weight decay is for parameters whose role is Role::kernel; leave out what is about betas.

void Sgd::step(double learning_rate) {
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    Parameter& parameter = *parameters_[p];
    // g ← g + weight_decay·w
    // v ← momentum·v + g
    // w ← w − η·v, or with Nesterov w ← w − η·(g + momentum·v)
    not_done("Sgd::step");
  }
}
