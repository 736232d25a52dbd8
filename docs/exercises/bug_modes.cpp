// Exercise: find the bug (chapter 9).
//
// The layer trains, and the web page that sends it one picture at a time gets good answers. The
// evaluation sends 100 at a time, and its accuracy depends on how the pictures are sorted.
//
// One condition is wrong. What the modes are: include/minitape/nn/layer.hpp

Var BatchNorm::forward(Var x, Mode mode) {
  const Var gamma = x.tape().parameter(gamma_), beta = x.tape().parameter(beta_);
  const auto epsilon = static_cast<Real>(options_.epsilon);
  // One row has no variance: it can only be normalized with the running statistics.
  if (mode == Mode::inference && x.value().rows() == 1) {
    return batch_norm_inference(x, gamma, beta, running(), epsilon);
  }
  const BatchNormResult result = batch_norm_training(x, gamma, beta, epsilon);
  if (mode == Mode::training) update_running(result.batch, x.value().rows());
  return result.y;
}
