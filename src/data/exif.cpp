#include "exif.hpp"

#include <algorithm>
#include <string_view>

namespace minitape {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool starts_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin());
}

// What lies behind that many bytes; nothing where there are fewer.
Bytes behind(Bytes bytes, std::size_t count) {
  return bytes.subspan(std::min(count, bytes.size()));
}

// The first `count` bytes as a number; 0 where there are fewer.
std::size_t number(Bytes bytes, std::size_t count, bool little_endian) {
  if (bytes.size() < count) return 0;
  std::size_t result = 0;
  for (std::size_t i = 0; i < count; ++i) {
    result = result * 256 + bytes[little_endian ? count - 1 - i : i];
  }
  return result;
}

// The EXIF part, from its byte order mark on; empty if there is none. A JPEG is a row of segments:
// 0xff, a marker, the length (2 bytes, itself included), the content. The image's data come last.
Bytes exif_part(Bytes jpeg) {
  constexpr std::uint8_t kApp1 = 0xe1, kStartOfScan = 0xda;
  constexpr std::string_view kExif("Exif\0\0", 6);
  Bytes rest = behind(jpeg, 2);
  while (rest.size() >= 4 && rest[0] == 0xff && rest[1] != kStartOfScan) {
    const std::size_t length = std::max<std::size_t>(2, number(rest.subspan(2), 2, false));
    const Bytes content = behind(rest.first(std::min(rest.size(), 2 + length)), 4);
    if (rest[1] == kApp1 && starts_with(content, kExif)) return behind(content, kExif.size());
    rest = behind(rest, 2 + length);
  }
  return {};
}

}  // namespace

int exif_orientation(Bytes jpeg) {
  constexpr std::size_t kOrientation = 274, kEntry = 12;  // the tag; bytes of an entry
  const Bytes exif = exif_part(jpeg);
  const bool little = starts_with(exif, "II");
  if (!little && !starts_with(exif, "MM")) return 1;
  // A list of entries: how many, then tag (2 bytes), type (2), count (4) and value (4) of each.
  const Bytes list = behind(exif, number(behind(exif, 4), 4, little));
  const std::size_t count = number(list, 2, little);
  for (std::size_t i = 0; i < count && 2 + i * kEntry < list.size(); ++i) {
    const Bytes entry = behind(list, 2 + i * kEntry);
    if (number(entry, 2, little) != kOrientation) continue;
    const std::size_t value = number(behind(entry, 8), 2, little);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image upright(Image stored, int orientation) {
  if (orientation == 1) return stored;
  const Index H = stored.shape[0], W = stored.shape[1], C = stored.shape[2];
  const bool lying = orientation >= 5;  // the stored rows are columns
  const bool rows_back =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_back =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  Image seen{{lying ? W : H, lying ? H : W, C}, {}};
  seen.pixels.reserve(stored.pixels.size());
  for (Index y = 0; y < seen.shape[0]; ++y) {
    for (Index x = 0; x < seen.shape[1]; ++x) {
      const Index row = lying ? x : y, column = lying ? y : x;
      const Index r = rows_back ? H - 1 - row : row, c = columns_back ? W - 1 - column : column;
      const auto pixel = stored.pixels.begin() + (r * W + c) * C;
      seen.pixels.insert(seen.pixels.end(), pixel, pixel + C);
    }
  }
  return seen;
}

}  // namespace minitape
