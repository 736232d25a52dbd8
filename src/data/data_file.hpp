// A data file: read whole, plain or compressed; and what to say when it is another file or missing.
// Private to data/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace minitape {

namespace fs = std::filesystem;

/// The content of a file; decompressed if it starts as a gzip file does, whatever its name is.
/// Throws when the path is not a file, cannot be read, holds more than 256 MB, or is a gzip file
/// that is damaged or ends early.
std::vector<std::uint8_t> read_file(const fs::path& path);

/// Its first bytes, at most so many; fewer where it ends early or is damaged.
std::vector<std::uint8_t> read_start(const fs::path& path, unsigned most);

// ---- Ends of messages ----

/// About a file that is of another kind than its name says: what it looks like, and what to do.
/// `otherwise` if it looks like nothing known.
std::string looks_like(std::span<const std::uint8_t> bytes, const std::string& otherwise);

/// About a file that a data set's folder lacks, after its name: how to get it, and whereabouts.
std::string not_in(const fs::path& folder, const std::string& file, std::string_view set_name);

/// About a file or folder, relative to `dir`, that is missing: "; there is one in …" if it lies
/// deeper in `dir` or one level above, else what lies in `dir` that may hold the data, else "".
std::string whereabouts(const fs::path& dir, const fs::path& missing);

}  // namespace minitape
