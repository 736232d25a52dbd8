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
// nothing but numbers and text, so reading a stranger's file cannot run code. parse_safetensors
// checks every number before it is used and allocates no more than a small multiple of the file's
// size.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// One tensor as the file holds it.
struct SavedTensor {
  std::string name;          // "0.conv2d.kernel"
  std::string dtype;         // "F32", "F64", "I64", "U8", …
  std::vector<Index> shape;  // of any rank, also above Shape::kMaxRank
  std::string bytes;         // little-endian, row-major
};

struct SafetensorsFile {                        // the content of a file
  std::vector<SavedTensor> tensors;             // as read: in the order of their bytes in the file
  std::map<std::string, std::string> metadata;  // free text

  /// Throws when there is no tensor of that name.
  const SavedTensor& at(const std::string& name) const;
};

// ---- Whole files ----

/// The bytes of a file. Wider dtypes come first, so that every tensor is aligned to its dtype;
/// among equals the given order stays. Throws for a name that occurs twice, an unknown dtype or a
/// number of bytes that does not fit dtype and shape.
std::string format_safetensors(const SafetensorsFile& file);
/// The reverse. `where` names the file in messages. Throws for anything that the format forbids.
SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& where);

/// Writes the file whole or not at all; see write_atomically for what it throws.
void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file);
SafetensorsFile read_safetensors(const std::filesystem::path& path);  // see parse_safetensors

// ---- One tensor (saved_tensor.cpp) ----

/// As F32, or F64 where Real is double.
SavedTensor save_tensor(const std::string& name, const Tensor& tensor);
/// From F32 or F64 to Real. Throws for another dtype or a shape other than `shape`.
Tensor load_tensor(const SavedTensor& saved, const Shape& shape);

/// One number, of shape [1]: an Index as I64, a double as F64. No bit is lost, whatever Real is.
template <class Number>
SavedTensor save_number(const std::string& name, Number value);
/// Throws unless the tensor is one such number; an Index must not be negative.
template <class Number>
Number load_number(const SavedTensor& saved);

/// Bits of one element; 0 for an unknown dtype.
Index bits_of(const std::string& dtype);
/// How many bytes dtype and shape ask for. Throws, naming `who`, for an unknown dtype and for
/// shapes that cannot be.
Index byte_count(const SavedTensor& tensor, const std::string& who);
/// "F32 (3, 3, 1, 32)".
std::string form_of(const SavedTensor& tensor);
/// Text from a file as messages show it: quoted, on one line, not too long.
std::string printable(const std::string& text);

}  // namespace minitape
