// MNIST's files. The first byte chooses between images and labels, the rest is the file.
#include "data/reading.hpp"
#include "fuzz.hpp"

using namespace minitape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto file = bytes_of(data, size).subspan(1);
  succeeds([&] {
    const Idx idx = parse_idx(file, data[0] % 2 == 0 ? IdxKind::images : IdxKind::labels, "file");
    expect(idx.shape.size() >= 1, "there is at least one value");
    expect(idx.shape.size() == std::ssize(idx.values),
           "there are as many values as the shape says");
    int sum = 0;
    for (const std::uint8_t value : idx.values) sum += value;  // reads each of them
    expect(sum >= 0 && idx.values.data() + idx.values.size() == file.data() + file.size(),
           "the values are the end of the file");
  });
  return 0;
}
