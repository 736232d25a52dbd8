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

#include "minitape/run/saved_tensor.hpp"

namespace minitape {

struct SafetensorsFile {
  std::vector<SavedTensor> tensors;             // as read: in the order of their bytes in the file
  std::map<std::string, std::string> metadata;  // free text

  /// The tensor of that name. Throws when there is none.
  const SavedTensor& at(const std::string& name) const;
};

/// The bytes of a whole file. Wider dtypes come first, so that every tensor is aligned to its
/// dtype; among equals the given order stays. Throws for a name that occurs twice, an unknown dtype
/// or a number of bytes that does not fit dtype and shape.
std::string format_safetensors(const SafetensorsFile& file);
/// The reverse. `where` names the file in error messages. Throws for anything that the format does
/// not allow.
SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& where);

/// Writes the file whole or not at all; see write_atomically for what it throws.
void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file);
SafetensorsFile read_safetensors(const std::filesystem::path& path);

}  // namespace minitape
