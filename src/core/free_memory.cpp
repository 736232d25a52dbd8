#include "minitape/core/free_memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "minitape/core/parallel.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// The number that stands alone in a file; `otherwise` for "max" or where there is no such file.
double number_in(const fs::path& file, double otherwise) {
  double number = 0;
  return std::ifstream(file) >> number ? number : otherwise;
}

// The number behind a word, as in "MemAvailable:   24003588 kB".
double number_after(const fs::path& file, const std::string& word, double otherwise) {
  std::ifstream text(file);
  std::string key, rest;
  double number = 0;
  while (text >> key) {
    if (key == word) return text >> number ? number : otherwise;
    std::getline(text, rest);
  }
  return otherwise;
}

// What one control group leaves. Its usage counts cached files, which make room when asked to.
double free_in_group(const fs::path& group, const char* limit, const char* usage) {
  const double cached = number_after(group / "memory.stat", "inactive_file", 0) +
                        number_after(group / "memory.stat", "active_file", 0);
  return number_in(group / limit, kNoLimit) - (number_in(group / usage, 0) - cached);
}

// The least over all groups that this process is in. A line of /proc/self/cgroup names one and,
// by its path, all that it lies in: "0::/a/b" in version 2, "4:memory:/a/b" in version 1.
double free_in_groups(const fs::path& root) {
  double least = kNoLimit;
  std::ifstream text(root / "proc/self/cgroup");
  for (std::string line; std::getline(text, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool version_2 = controllers.empty();
    if (!version_2 && controllers != "memory") continue;
    const fs::path mounted = root / (version_2 ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
    for (fs::path path = fs::path(line.substr(second + 1)).relative_path();;
         path = path.parent_path()) {
      least =
          std::min(least, version_2 ? free_in_group(mounted / path, "memory.max", "memory.current")
                                    : free_in_group(mounted / path, "memory.limit_in_bytes",
                                                    "memory.usage_in_bytes"));
      if (path.empty()) break;
    }
  }
  return least;
}

// Each thread reserves room for a stack, for its own share of the heap and for OpenBLAS, and hardly
// uses any of it. Only limits of the address space count it.
constexpr double kReservedByThread = 200e6;

// Field 0 of /proc/self/statm is the address space, field 1 what of it is in memory, in pages.
double pages_of_process(int field) {
  std::ifstream text("/proc/self/statm");
  double pages = 0;
  for (int i = 0; i <= field; ++i) text >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

double free_memory(const fs::path& root) {
  double least = std::min(1024 * number_after(root / "proc/meminfo", "MemAvailable:", kNoLimit),
                          free_in_groups(root));
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    const double reserved = (thread_count() + 1) * kReservedByThread;  // one prepares batches
    least = std::min(least, static_cast<double>(limit.rlim_cur) - pages_of_process(0) - reserved);
  }
  return std::max(0.0, least);
}

double resident_memory() {
  return pages_of_process(1);
}

MemoryRoom memory_room() {
  return {free_memory(), resident_memory()};
}

double peak_memory() {
  return 1024 * number_after("/proc/self/status", "VmHWM:", 0);
}

}  // namespace minitape
