// One tensor as a file holds it: a name, a dtype, a shape and bytes.
#pragma once

#include <string>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

struct SavedTensor {
  std::string name;          // "0.conv2d.kernel"
  std::string dtype;         // "F32", "F64", "I64", "U8", …
  std::vector<Index> shape;  // of any rank, also above Shape::kMaxRank
  std::string bytes;         // little-endian, row-major
};

/// Real values: F32, or F64 where Real is double.
SavedTensor save_tensor(const std::string& name, const Tensor& tensor);
/// F32 or F64, converted to Real. Throws for another dtype or a shape other than `shape`.
Tensor load_tensor(const SavedTensor& saved, const Shape& shape);

/// A whole number, dtype I64, shape [1]: a counter of a checkpoint.
SavedTensor save_count(const std::string& name, Index value);
/// Throws unless it is such a number and not negative.
Index load_count(const SavedTensor& saved);

/// A number that keeps all its bits whatever Real is, dtype F64, shape [1]: a sum or a time.
SavedTensor save_number(const std::string& name, double value);
double load_number(const SavedTensor& saved);

/// Bits of one element; 0 for an unknown dtype.
Index bits_of(const std::string& dtype);
/// How many bytes dtype and shape ask for. Throws for an unknown dtype and for shapes that cannot
/// be, in the name of `who`.
Index byte_count(const SavedTensor& tensor, const std::string& who);
/// "F32 (3, 3, 1, 32)".
std::string form_of(const SavedTensor& tensor);
/// Text from a file as messages show it: quoted, on one line, not too long.
std::string printable(const std::string& text);

}  // namespace minitape
