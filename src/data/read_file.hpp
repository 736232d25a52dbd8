// A whole file as bytes, plain or compressed with gzip. Private to the data chapter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace minitape {

/// The content of a file, decompressed if it starts as a gzip stream does, whatever its name.
/// Throws when the path is not a file, cannot be read, or is a gzip stream that is corrupt or ends
/// early. Memory grows with the bytes that really come, not with what a header promises.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path);

}  // namespace minitape
