// Sums and shifts along the rows of a [rows, C] matrix: what bias and batch norm have in common.
// Private to the operations.
#pragma once

#include "minitape/core/tensor.hpp"

namespace minitape {

/// Rows in one chunk of a loop over [rows, C]. Depends on the shape alone; a chunk of 32 channels
/// is 64 KB of floats, so that a second pass over it finds it in the cache.
Index row_grain(Index channels);

/// Σ over rows -> [C], each chunk in order, the chunks added in order.
Tensor column_sums(const Tensor& x);

/// x[r, c] += b[c], in place.
void add_to_rows(Tensor& x, const Tensor& b);

}  // namespace minitape
