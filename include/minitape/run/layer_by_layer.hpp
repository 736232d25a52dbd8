// A model, layer by layer: what passes between its layers; its running statistics measured anew.
//
// Nothing here disturbs training: recalibrate changes the running statistics alone, which training
// does not use, and the rest works on copies.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "minitape/config/config.hpp"
#include "minitape/data/batches.hpp"
#include "minitape/nn/sequential.hpp"

namespace minitape {

/// Called for each layer, also inside of residual blocks, with its input and its output.
using LayerVisitor = std::function<void(const std::string& name, Layer& layer, Var x, Var y)>;

/// Sends x through the layers one at a time, none fused with the next, and returns the output.
Var walk(Sequential& model, Var x, Mode mode, const LayerVisitor& visit);

/// Throws what training on such a batch would throw: that ghost batches do not divide it, say.
void try_batch(Sequential model, const Shape& images);

/// The layer, or the parameter, of the first value on the tape that is not finite. Nodes stand in
/// the order of computation, so this is where the trouble began, not where it was noticed.
std::string first_non_finite(const Tape& tape);

/// How the statistics of N batches become those of the population (S. Ioffe and C. Szegedy, 2015,
/// algorithm 2; Y. Wu and J. Johnson, "Rethinking 'Batch' in BatchNorm", 2021: PreciseBN). With
/// batches of m numbers per channel, means mean_b and biased variances v_b, E over the batches:
///
///   average   mean = E[mean_b]     variance = m / (m − 1) · E[v_b]
///   pooled    mean = E[mean_b]     variance = E[v_b] + E[(mean_b − mean)²]
///
/// The first takes the batches for random samples. The second is exact for whatever batches there
/// are, of equal size, also for sorted ones, whose means differ.
///
/// Replaces the running statistics of every batch norm by those of the first recalibrate_batches
/// batches of the first epoch, with the weights as they are now; unless recalibrate is "none".
void recalibrate(Sequential& model, Batches& batches, const BatchNormConfig& config);

/// The part of the first `count` images that the model names rightly in training mode, with the
/// statistics of batches of so many images. Batches of one are fed as two copies of their image,
/// which has the same mean and variance: after a dense layer the variance is 0 and every output of
/// batch norm is beta, whatever the image.
double accuracy_in_training_mode(Sequential model, const Dataset& dataset,
                                 const Standardization& standardization, Index count,
                                 Index batch_size);

/// The loss of the batch in training mode. Leaves the gradients in the model's parameters, and on
/// the tape those of the values that `visit` keeps.
double backward(Sequential& model, const Batch& batch, Tape& tape, const LayerVisitor& visit);

/// Takes steps of 1/2, 1, 2 and 4 learning rates down the gradient, each from `model`, and compares
/// loss and gradient there with `loss` and `gradients`, the model's own: the last five columns of
/// probes.csv (diagnostics.hpp).
std::vector<double> landscape(const Sequential& model, const LayerState& gradients,
                              const Batch& batch, double loss, double learning_rate);

}  // namespace minitape
