// Images. The first byte chooses grey or colour and the size to bring it to, the rest is the file.
// A file of some hundred bytes can claim to be a picture of 50,000,000 pixels, which takes seconds:
// here the limit is lower, so that there is time for other mistakes.
#include "minitape/data/image.hpp"

#include <zlib.h>

#include "fuzz.hpp"

using namespace minitape;

namespace {

std::uint32_t number_at(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]);
}

// Puts the checksums of a PNG right: with wrong ones a changed file would not reach the decoder.
void mend_checksums(std::vector<std::uint8_t>& file) {
  if (!text_of(file.data(), file.size()).starts_with("\x89PNG")) return;
  for (std::size_t at = 8; at + 12 <= file.size();) {
    const std::size_t length = number_at(&file[at]);
    if (length > file.size() - at - 12) return;
    const auto sum = crc32_z(0, &file[at + 4], 4 + length);
    at += 8 + length;
    for (int shift = 24; shift >= 0; shift -= 8) {
      file[at++] = static_cast<std::uint8_t>(sum >> shift);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::vector<std::uint8_t> file(data + 1, data + size);
  mend_checksums(file);
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
