// Whitening: a first convolution whose outputs are uncorrelated, from the images' own statistics.
//
// All windows of the images, each as a row p of n = size·size·C numbers, have the second moments
// M = E[pᵀp] (n, n), with eigenvectors eᵢ and eigenvalues λᵢ. The kernels are
//
//   eᵢ / √(λᵢ + 5e-4) and their negatives        2n filters
//
// so each output has a mean square of λᵢ / (λᵢ + 5e-4), close to 1 for λᵢ far above 5e-4, and the
// product of two of the first n has the mean 0. The negatives are for an activation that lets only
// one sign through. After D. Page, "How to Train Your ResNet", part 8, 2019, and hlb-CIFAR10, 2023;
// the form is K. Jordan's ("94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024).
#pragma once

#include "minitape/core/tensor.hpp"

namespace minitape {

/// The kernel [size, size, C, 2n] for images (N, H, W, C): in order of falling eigenvalue, then
/// their negatives. The component of largest absolute value is positive in each of the first n.
/// Throws where the windows do not vary in all n directions, and in a build without OpenBLAS.
Tensor whitening_kernel(const Tensor& images, Index size);

}  // namespace minitape
