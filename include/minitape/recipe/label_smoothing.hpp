// Label smoothing: cross-entropy with targets that are not certain (C. Szegedy et al., "Rethinking
// the Inception Architecture for Computer Vision", 2016; PyTorch's label_smoothing).
//
// Of K classes the label's target probability is 1 − a + a/K and every other's a/K. Since the
// cross-entropy with targets t is log Σ e^z − Σₖ tₖ·zₖ, this adds to the plain loss
//
//   a·Σₙ (z[n, labelₙ] − meanₖ z[n, k]) / N
#pragma once

#include <span>

#include "minitape/autodiff/tape.hpp"

namespace minitape {

/// softmax_cross_entropy with the labels smoothed by `amount` in [0, 1) -> (). An amount of 0 is
/// the plain loss. Throws as softmax_cross_entropy does, and for other amounts.
Var smoothed_cross_entropy(Var logits, std::span<const int> labels, double amount);

}  // namespace minitape
