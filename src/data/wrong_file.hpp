// Help for the commonest mistakes with data files. Private to data/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace minitape {

/// The end of a message about a file that is of another kind than its name says: what it looks
/// like, and what to do. `otherwise` if it looks like nothing known.
std::string looks_like(std::span<const std::uint8_t> bytes, const std::string& otherwise);

/// The rest of a message that begins with the name of a file that is missing in `folder`: how to
/// get the data set, and where its files may lie.
std::string not_in(const std::filesystem::path& folder, const std::string& file,
                   std::string_view set_name);

/// The end of a message about a file or folder that is missing in `dir`: "; there is one in …" if
/// it lies deeper in it or one level above, else what lies in it that may hold the data. "" if
/// nothing does. `missing` is relative to `dir`.
std::string whereabouts(const std::filesystem::path& dir, const std::filesystem::path& missing);

}  // namespace minitape
