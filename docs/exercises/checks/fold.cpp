// Numbers of a folded dense layer, and which batch norms are left in some models.
#include "minitape/tools/fold.hpp"
#include "check.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/simple_layers.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

constexpr double kEpsilon = 0.5;
const Tensor kKernel({2, 2}, {1, 2, 3, 5}), kBias({2}, {7, -4}), kGamma({2}, {3, -2});
const Tensor kBeta({2}, {10, 100}), kMean({2}, {2, 6}), kVariance({2}, {3.5, 8.5});

// Sets what a batch norm of two channels has learned.
void set(Layer& batch_norm) {
  const LayerState state = batch_norm.state();
  state.parameters[0]->value = kGamma;
  state.parameters[1]->value = kBeta;
  state.buffers[0]->value = kMean;
  state.buffers[1]->value = kVariance;
}

Sequential dense_and_batch_norm(bool bias = true) {
  Sequential model;
  model.add<Dense>(2, 2, KernelOptions{.bias = bias});
  model.add<BatchNorm>(2, BatchNormOptions{.epsilon = kEpsilon});
  model.initialize(1);
  const LayerState state = model.layer(0).state();
  state.parameters[0]->value = kKernel;
  if (bias) state.parameters[1]->value = kBias;
  set(model.layer(1));
  return model;
}

const KernelLayer& first_layer(const Sequential& model) { return *exactly<Dense>(model.layer(0)); }

double factor(Index c) { return kGamma[c] / std::sqrt(kVariance[c] + kEpsilon); }

Tensor kernel_by(const std::function<double(Index i, Index c)>& factor_of) {
  Tensor kernel = kKernel;
  for (Index i = 0; i < 4; ++i) kernel[i] *= factor_of(i / 2, i % 2);
  return kernel;
}
Tensor bias_by(const std::function<double(Index c)>& bias) {
  return Tensor({2}, {bias(0), bias(1)});
}

Check numbers_check(const std::string& title) {
  return Check(title)
      .given("kernel", kKernel)
      .given("gamma", kGamma)
      .given("beta", kBeta)
      .given("running mean", kMean)
      .given("running variance", kVariance)
      .given("ε = 0.5");
}

void check_numbers() {
  const Sequential model = dense_and_batch_norm();
  numbers_check("the kernel")
      .mistake("nothing is folded", "the kernel is as it was.", kKernel)
      .mistake("gamma is forgotten", "that is kernel/√(variance + ε).",
               kernel_by([](Index, Index c) { return factor(c) / kGamma[c]; }))
      .mistake("ε is forgotten", "that is kernel·gamma/√variance.",
               kernel_by([](Index, Index c) { return kGamma[c] / std::sqrt(kVariance[c]); }))
      .mistake("ε outside the root", "that is kernel·gamma/(√variance + ε).",
               kernel_by(
                   [](Index, Index c) { return kGamma[c] / (std::sqrt(kVariance[c]) + kEpsilon); }))
      .mistake("the root is forgotten", "that is kernel·gamma/(variance + ε).",
               kernel_by([](Index, Index c) { return kGamma[c] / (kVariance[c] + kEpsilon); }))
      .mistake("the kernel is scaled along its inputs",
               "the kernel is (in, out), and batch norm's channels are the outputs: the last axis.",
               kernel_by([](Index in, Index) { return factor(in); }))
      .expect(
          "kernel' = kernel·factor", [&] { return first_layer(folded(model)).kernel(); },
          kernel_by([](Index, Index c) { return factor(c); }));
  numbers_check("the bias")
      .given("bias", kBias)
      .mistake("the layer's bias is dropped", "that is beta − mean·factor.",
               bias_by([](Index c) { return kBeta[c] - kMean[c] * factor(c); }))
      .mistake("beta is forgotten", "that is (bias − mean)·factor.",
               bias_by([](Index c) { return (kBias[c] - kMean[c]) * factor(c); }))
      .mistake("the layer's bias is not scaled", "that is beta + bias − mean·factor.",
               bias_by([](Index c) { return kBeta[c] + kBias[c] - kMean[c] * factor(c); }))
      .mistake("the mean is not scaled", "that is beta + bias·factor − mean.",
               bias_by([](Index c) { return kBeta[c] + kBias[c] * factor(c) - kMean[c]; }))
      .mistake("the mean is forgotten", "that is beta + bias·factor.",
               bias_by([](Index c) { return kBeta[c] + kBias[c] * factor(c); }))
      .expect(
          "bias' = beta + (bias − mean)·factor", [&] { return *first_layer(folded(model)).bias(); },
          bias_by([](Index c) { return kBeta[c] + (kBias[c] - kMean[c]) * factor(c); }));
  numbers_check("the bias of a layer that had none")
      .expect(
          "bias' = beta − mean·factor",
          [] { return *first_layer(folded(dense_and_batch_norm(false))).bias(); },
          bias_by([](Index c) { return kBeta[c] - kMean[c] * factor(c); }));
}

Tensor left_in(const Sequential& model) {
  return Tensor::scalar(static_cast<Real>(count_batch_norms(folded(model))));
}

void check_model() {
  const Tensor none = Tensor::scalar(0), one = Tensor::scalar(1);
  const std::string what = "how many batch norms are left";
  Check("dense, batch norm")
      .mistake("the batch norm stays", "it would normalize a second time: model.remove(i + 1).",
               one)
      .expect(
          what, [] { return left_in(dense_and_batch_norm()); }, none);

  Sequential two = dense_and_batch_norm();
  two.add<BatchNorm>(2);
  two.initialize(1);
  set(two.layer(1));
  set(two.layer(2));
  Check("dense, batch norm, batch norm")
      .mistake("the second batch norm is passed over",
               "after the first is gone, the second stands directly after the dense layer: look "
               "there again.",
               one)
      .expect(
          what, [&] { return left_in(two); }, none);

  Sequential apart;
  apart.add<Dense>(2, 2);
  apart.add<Activation>(Activation::relu);
  apart.add<BatchNorm>(2);
  apart.initialize(1);
  Check("dense, relu, batch norm")
      .mistake("folded through a relu",
               "relu(factor·x) is not factor·relu(x) for a negative factor, nor with a shift. It "
               "has to stand directly after the layer.",
               none)
      .expect(
          what, [&] { return left_in(apart); }, one);

  Sequential body;
  body.add<Conv2D>(2, 2, 1);
  body.add<BatchNorm>(2);
  Sequential residual;
  residual.add<Residual>(std::move(body));
  residual.initialize(1);
  Check("a residual block of conv2d, batch norm")
      .mistake("residual blocks are passed over", "fold(residual->body()) goes inside.", one)
      .expect(
          what, [&] { return left_in(residual); }, none);

  const Tensor x({3, 2}, {1, 2, -1, 0.5, 3, 0});
  Check("predictions of dense, batch norm, batch norm, folded and not")
      .given("x", x)
      .expect(
          "y", [&] { return folded(two).predict(x); }, two.predict(x), 1e-9);
  const Tensor images({1, 2, 1, 2}, {1, 2, -1, 0.5});
  set(exactly<Residual>(residual.layer(0))->body().layer(1));
  Check("predictions of the residual block, folded and not")
      .given("x", images)
      .expect(
          "y", [&] { return folded(residual).predict(images); }, residual.predict(images), 1e-9);
}

}  // namespace

int main() {
  return run([] {
    check_numbers();
    check_model();
  });
}
