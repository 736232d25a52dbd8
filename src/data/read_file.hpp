// A whole file as bytes, plain or compressed with gzip. Private to data/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace minitape {

/// The content of a file; decompressed if it starts as a gzip file does, whatever its name is.
/// Throws when the path is not a file, cannot be read, holds more than 256 MB, or is a gzip file
/// that is damaged or ends early.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path);

/// Its first bytes, at most so many; fewer where it ends early or is damaged.
std::vector<std::uint8_t> read_start(const std::filesystem::path& path, unsigned most);

}  // namespace minitape
