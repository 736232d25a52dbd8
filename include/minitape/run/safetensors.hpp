// Named tensors in a file, in the safetensors format that PyTorch and others read as well.
//
//   8 bytes      n, the length of the header: unsigned, little-endian
//   n bytes      the header, JSON, padded with spaces so that the data starts 8-byte aligned:
//                {"__metadata__": {"key": "text", …},
//                 "0.conv2d.kernel": {"dtype": "F32", "shape": [3, 3, 1, 32],
//                                     "data_offsets": [0, 1152]}, …}
//   the rest     the tensors' bytes, little-endian and row-major; data_offsets = [begin, end)
//                count from here and cover everything, without gap or overlap
//
// Source: https://github.com/huggingface/safetensors (README, "Format"). The format can hold
// nothing but numbers, so reading a stranger's file cannot run code. parse_safetensors checks every
// number before it is used and allocates no more than a small multiple of the file's size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// One tensor as it lies in the file. Its rank is not limited to Shape::kMaxRank.
struct SavedTensor {
  std::string name;   // "0.conv2d.kernel"
  std::string dtype;  // "F32", "F64", "I64", "U8", …
  std::vector<Index> shape;
  std::vector<std::uint8_t> bytes;  // little-endian, row-major
};

struct SafetensorsFile {
  std::vector<SavedTensor> tensors;             // as read: in the order of their bytes in the file
  std::map<std::string, std::string> metadata;  // free text

  /// The tensor of that name, or nullptr.
  const SavedTensor* find(const std::string& name) const;
  /// The tensor of that name. Throws when there is none.
  const SavedTensor& at(const std::string& name) const;
};

/// Real values: F32, or F64 where Real is double.
SavedTensor save_tensor(const std::string& name, const Tensor& tensor);
/// F32 or F64, converted to Real. Throws for another dtype or a shape other than `shape`.
Tensor load_tensor(const SavedTensor& saved, const Shape& shape);

/// Whole numbers, dtype I64, shape [values.size()]: counters and positions of a checkpoint.
SavedTensor save_integers(const std::string& name, std::span<const std::int64_t> values);
/// Throws unless the dtype is I64.
std::vector<std::int64_t> load_integers(const SavedTensor& saved);
/// The same for numbers that must keep all their bits whatever Real is, dtype F64: sums and times.
SavedTensor save_doubles(const std::string& name, std::span<const double> values);
std::vector<double> load_doubles(const SavedTensor& saved);

/// The bytes of a whole file. Wider dtypes come first, so that every tensor is aligned to its
/// dtype; among equals the given order stays. Throws for a name that occurs twice, an unknown dtype
/// or a number of bytes that does not fit dtype and shape.
std::vector<std::uint8_t> format_safetensors(const SafetensorsFile& file);
/// The reverse. `where` names the file in error messages. Throws for anything that the format does
/// not allow.
SafetensorsFile parse_safetensors(std::span<const std::uint8_t> bytes, const std::string& where);

/// Writes the file whole or not at all; see write_atomically for what it throws.
void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file);
SafetensorsFile read_safetensors(const std::filesystem::path& path);

}  // namespace minitape
