// Evaluation: how good a model is on images that it is not trained with at this moment.
#pragma once

#include "minitape/data/batches.hpp"
#include "minitape/nn/sequential.hpp"

namespace minitape {

/// Loss in nats and accuracy as a part of 1: means over some examples, or sums over them.
struct Score {
  double loss = 0, accuracy = 0;
};

/// Mean loss and accuracy over the first `count` images, without augmentation. The model is const:
/// it normalizes with its running statistics and cannot change.
Score evaluate(const Sequential& model, const Dataset& dataset,
               const Standardization& standardization, Index count);

}  // namespace minitape
