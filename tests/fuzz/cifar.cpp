// CIFAR-10's files.
#include "data/reading.hpp"
#include "fuzz.hpp"

using namespace minitape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Dataset dataset{"cifar10", {32, 32, 3}, {}, {}, std::vector<std::string>(10, "class")};
  if (!succeeds([&] { append_cifar(bytes_of(data, size), "file", dataset); })) return 0;
  expect(dataset.size() > 0, "images arrive if there is no error");
  expect(std::ssize(dataset.pixels) == dataset.size() * 3072, "each image has its pixels");
  for (Index i = 0; i < dataset.size(); ++i) {
    const std::uint8_t* const record = data + i * 3073;
    expect(dataset.labels[static_cast<std::size_t>(i)] == record[0], "labels stay");
    expect(dataset.labels[static_cast<std::size_t>(i)] < 10, "labels are those of a class");
    for (std::size_t c = 0; c < 3; ++c) {
      expect(dataset.image(i)[3 * 1023 + c] == record[1 + c * 1024 + 1023], "pixels stay");
    }
  }
  return 0;
}
