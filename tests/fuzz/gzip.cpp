// Files that may be compressed: the input is a file that lies in memory.
#include <sys/mman.h>
#include <unistd.h>

#include "data/reading.hpp"
#include "fuzz.hpp"

using namespace minitape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = memfd_create("input", 0);
  expect(file >= 0 && write(file, data, size) == static_cast<ssize_t>(size), "the file is there");
  const bool compressed = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
  succeeds([&] {
    const auto bytes = read_file("/proc/self/fd/" + std::to_string(file));
    if (!compressed) {
      expect(std::equal(bytes.begin(), bytes.end(), data, data + size), "plain bytes stay");
    }
  });
  close(file);
  return 0;
}
