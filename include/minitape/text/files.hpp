// Whole files: read at once, and replaced at once.
#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace minitape {

/// The bytes of a file, or its first `most` bytes. Nothing if it cannot be read (a folder cannot);
/// then errno says why.
std::optional<std::string> file_contents(
    const std::filesystem::path& path, std::size_t most = std::numeric_limits<std::size_t>::max());

/// Makes `contents` the file at `path`, in place of what was there. The bytes go to a temporary
/// file next to it (`path` + ".tmp": one writer at a time), are forced to the disk, and then take
/// its name in one step. So a full disk, a crash or a power cut costs at most the new version.
/// Throws (Fault::run_failed) with the system's reason when that fails; then the old file is
/// untouched and nothing else is left. Returns false where the file system cannot force the new
/// name to the disk, as some network and encrypted ones cannot: a power cut may then bring the old
/// file back.
bool write_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace minitape
