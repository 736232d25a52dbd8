// Exercise: folding (chapter 13).
//
// Equations: include/minitape/tools/fold.hpp. fold_into changes the kernel [..., C] and the bias
// [C] of a layer so that it computes what the layer and the batch norm after it computed together;
// batch_norm.gamma(), beta(), running() and options().epsilon are its numbers.
//
// fold goes through a model: a batch norm that stands directly after a layer that foldable() knows
// is folded into it and removed (model.remove(i)). Another one may follow. A batch norm elsewhere
// stays. A Residual has a model of its own, body().

void fold_into(KernelLayer& layer, const BatchNorm& batch_norm) {
  layer.add_bias();  // of 0, where there is none
  const LayerState state = layer.state();
  Tensor& kernel = state.parameters[0]->value;  // [..., C]
  Tensor& bias = state.parameters[1]->value;    // [C]
  // kernel' = kernel·factor
  // bias'   = beta + (bias − running_mean)·factor
  not_done("fold_into");
}

void fold(Sequential& model) {
  // exactly<BatchNorm>(model.layer(i)) is nullptr where layer i is no batch norm.
  not_done("fold");
}
