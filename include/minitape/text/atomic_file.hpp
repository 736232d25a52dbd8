// Files that are the old ones or the new ones, never something in between.
//
// The bytes go to a temporary file next to the target, are forced to the disk, and only then take
// the target's name, which the file system does in one step. A full disk, a crash or a power cut
// therefore costs the new version at most, never the one that was there before.
#pragma once

#include <filesystem>
#include <string_view>

namespace minitape {

/// Makes `contents` the file at `path`, in place of what was there. Throws (Fault::run_failed) with
/// the system's reason when that fails; then the old file is untouched and nothing else is left.
/// One writer at a time: the temporary file is always called `path` + ".tmp".
void write_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace minitape
