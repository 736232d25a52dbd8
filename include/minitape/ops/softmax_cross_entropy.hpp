// Softmax and cross-entropy: the loss of a classifier, from its logits.
//
//   logits z (N, K), labels (N) in 0 … K − 1
//
//   p = softmax(z) = e^z / Σ e^z          loss = −Σₙ log p[n, labelₙ] / N
//   dz[n, k] = (p[n, k] − [k = labelₙ]) / N
//
// Computed as log Σ e^(z − max z) + max z − z[label], which no logits can overflow.
#pragma once

#include <span>

#include "minitape/autodiff/tape.hpp"

namespace minitape {

/// Mean cross-entropy over the batch, in nats -> ().
Var softmax_cross_entropy(Var logits, std::span<const int> labels);
Tensor softmax_cross_entropy(const Tensor& logits, std::span<const int> labels);

/// Probabilities: each row of the logits (N, K) through softmax.
Tensor softmax(Tensor logits);

/// For how many rows the label has the largest logit. The first of equal ones counts; a row with a
/// NaN is never correct.
Index count_correct(const Tensor& logits, std::span<const int> labels);

}  // namespace minitape
