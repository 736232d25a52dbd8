// Help for the commonest mistakes with data files. Private to data/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace minitape {

/// The end of a message about a file that is of another kind than its name says: what it looks
/// like, and what to do. `otherwise` if it looks like nothing known.
std::string looks_like(std::span<const std::uint8_t> bytes, const std::string& otherwise);

/// The end of a message about a file or folder that is missing in `dir`: "; there is one in …" if
/// it lies deeper in it or one level above, else what lies in it that may hold the data. "" if
/// nothing does. `missing` is relative to `dir`.
std::string whereabouts(const std::filesystem::path& dir, const std::filesystem::path& missing);

}  // namespace minitape
