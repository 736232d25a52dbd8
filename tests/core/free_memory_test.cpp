#include "minitape/core/free_memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cmath>
#include <cstring>

#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

// A folder that looks like the root of a machine with 5,000 kB left.
struct Machine : TemporaryFolder {
  Machine() {
    write(path() / "proc/meminfo", "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    5000 kB\n");
  }
  void group(const std::string& folder, const std::string& limit, const std::string& usage,
             const std::string& stat = "") const {
    const bool version_2 = folder.find("/memory") == folder.npos;
    const std::filesystem::path group = path() / ("sys/fs/cgroup" + folder);
    write(group / (version_2 ? "memory.max" : "memory.limit_in_bytes"), limit);
    write(group / (version_2 ? "memory.current" : "memory.usage_in_bytes"), usage);
    write(group / "memory.stat", stat);
  }
};

TEST_CASE("free_memory: what the machine has left, where nothing else limits it") {
  CHECK(free_memory(Machine().path()) == 5000 * 1024);
  CHECK(std::isinf(free_memory(TemporaryFolder().path())));
}

TEST_CASE("free_memory: a control group's limit, less what it uses and cannot give back") {
  const Machine machine;
  write(machine.path() / "proc/self/cgroup", "0::/a/b\n");
  machine.group("/a/b", "max\n", "700000\n");
  CHECK(free_memory(machine.path()) == 5000 * 1024);
  machine.group("/a/b", "1000000\n", "700000\n");
  CHECK(free_memory(machine.path()) == 300000);
  machine.group("/a/b", "1000000\n", "700000\n",
                "anon 500000\nactive_file 150000\ninactive_file 40000\n");
  CHECK(free_memory(machine.path()) == 490000);
  // The group around it has less left.
  machine.group("/a", "900000\n", "800000\n");
  CHECK(free_memory(machine.path()) == 100000);
  // More in use than allowed, as after a limit was lowered.
  machine.group("/a", "900000\n", "900001\n");
  CHECK(free_memory(machine.path()) == 0);
}

TEST_CASE("free_memory: control groups of version 1, and one whose folder cannot be seen") {
  const Machine machine;
  write(machine.path() / "proc/self/cgroup", "broken\n5:cpu:/x\n4:memory:/host/name\n");
  machine.group("/memory", "2000000\n", "500000\n");
  CHECK(free_memory(machine.path()) == 1500000);
}

TEST_CASE("free_memory: a limit of the address space, less what threads reserve") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
  rlimit lower = before;
  lower.rlim_cur = rlim_t{64} << 40;  // far above what any process has, sanitizers included
  REQUIRE(setrlimit(RLIMIT_AS, &lower) == 0);
  const std::filesystem::path nowhere = "/nowhere";
  const auto room_with = [&](int threads) {
    const UseThreads use(threads);
    return free_memory(nowhere);
  };
  CHECK(room_with(2) < 0x1p46 - resident_memory());
  CHECK(room_with(2) > 0x1p46 - 0x1p45);
  CHECK(room_with(2) - room_with(12) == doctest::Approx(10 * 200e6).epsilon(0.01));
  REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
}

TEST_CASE("resident_memory and peak_memory: grow by what is written to; the peak stays") {
  constexpr std::size_t kBytes = 100'000'000;
  const double before = resident_memory();
  // From the system itself: a sanitizer's allocator gives back later.
  void* const pages =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  CHECK(resident_memory() - before < 50e6);
  std::memset(pages, 1, kBytes);
  CHECK(resident_memory() - before == doctest::Approx(100e6).epsilon(0.1));
  munmap(pages, kBytes);
  CHECK(resident_memory() - before < 50e6);
  CHECK(peak_memory() - before > 95e6);
}

}  // namespace
}  // namespace minitape
