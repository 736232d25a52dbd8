// Images. The first byte chooses grey or colour and the size to bring it to, the rest is the file.
// A file of some hundred bytes can claim to be a picture of 50,000,000 pixels, which takes seconds:
// here the limit is lower, so that there is time for other mistakes.
#include "minitape/data/image.hpp"

#include "fuzz.hpp"

using namespace minitape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto file = bytes_of(data, size).subspan(1);
  succeeds([&] {
    const Index channels = data[0] % 2 == 0 ? 1 : 3;
    const Image image = decode_image(file, "file", channels, 30'000);
    expect(image.shape.rank() == 3 && image.shape[2] == channels, "an image has these channels");
    expect(std::ssize(image.pixels) == image.shape.size(), "an image has all of its pixels");
    const std::string png = encode_png(image);
    const auto* const first = reinterpret_cast<const std::uint8_t*>(png.data());
    expect(decode_image({first, png.size()}, "again", channels) == image, "a PNG keeps all pixels");
    const Index side = 1 + data[0] / 2;
    expect(resized(image, side, side).shape == Shape{side, side, channels}, "it has the new size");
  });
  return 0;
}
