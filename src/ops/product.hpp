// Products of whole matrices, cut into chunks of result rows for the threads. Private to the
// operations. Each chunk is one product by a single thread, so the result depends on the chunk
// size, which follows from the shapes, and not on the number of threads.
#pragma once

#include "minitape/core/tensor.hpp"

namespace minitape {

Tensor product(const Tensor& a, const Tensor& b);               // A·B:   (M, K), (K, N) -> (M, N)
Tensor product_b_transposed(const Tensor& a, const Tensor& b);  // A·Bᵀ:  (M, K), (N, K) -> (M, N)
Tensor product_a_transposed(const Tensor& a, const Tensor& b);  // Aᵀ·B:  (K, M), (K, N) -> (M, N)

}  // namespace minitape
