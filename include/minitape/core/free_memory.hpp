// How much memory this process takes, and how much more it can take.
#pragma once

#include <filesystem>

namespace minitape {

/// Bytes: the least of what the machine has left (MemAvailable), what the control groups of this
/// process leave it (a container's limit), and what `ulimit -v` does. Limits that cannot be read
/// do not count; infinite when there are none. Ask before threads have been started: what they will
/// reserve is taken off. `root` is where /proc and /sys are looked for.
double free_memory(const std::filesystem::path& root = "/");

/// Bytes of memory that this process occupies now (its resident set).
double resident_memory();

/// Both at the same moment. An estimate takes memory and starts threads: ask once, before the first.
struct MemoryRoom {
  double free_bytes = 0;
  double resident_bytes = 0;
};
MemoryRoom memory_room();

/// The most that it has ever been. (getrusage would count what the process was before it became this
/// program: a copy of the one that started it.)
double peak_memory();

}  // namespace minitape
