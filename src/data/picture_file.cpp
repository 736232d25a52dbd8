// Whether a PNG or JPEG file is whole, and which way up the picture is.
#include <zlib.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "reading.hpp"

namespace minitape {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool starts_with(Bytes bytes, std::string_view text) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())
      .starts_with(text);
}

// The bytes from position `first` on; none where there are fewer.
Bytes from(std::size_t first, Bytes bytes) { return bytes.subspan(std::min(first, bytes.size())); }

// The number in the first `count` bytes; 0 where there are fewer.
std::size_t number(Bytes bytes, std::size_t count, bool little_endian = false) {
  if (bytes.size() < count) return 0;
  std::size_t result = 0;
  for (std::size_t i = 0; i < count; ++i) {
    result = result * 256 + bytes[little_endian ? count - 1 - i : i];
  }
  return result;
}

// ---- EXIF: what a camera notes ----

int orientation_in(Bytes exif) {
  constexpr std::size_t kOrientation = 274, kEntry = 12;  // the tag; bytes of an entry
  const bool little = starts_with(exif, "II");
  if (!little && !starts_with(exif, "MM")) return 1;
  // A list of entries: how many, then tag (2 bytes), type (2), count (4) and value (4) of each.
  const Bytes list = from(number(from(4, exif), 4, little), exif);
  const std::size_t count = number(list, 2, little);
  for (std::size_t i = 0; i < count && 2 + i * kEntry < list.size(); ++i) {
    const Bytes entry = from(2 + i * kEntry, list);
    if (number(entry, 2, little) != kOrientation) continue;
    const bool is_long = number(from(2, entry), 2, little) == 4;
    const std::size_t value = number(from(8, entry), is_long ? 4 : 2, little);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

// ---- JPEG ----

constexpr std::uint8_t kCodes = 0xc4, kEnd = 0xd9, kCamera = 0xe1;

// Each Huffman code is its number, how many symbols have 1 … 16 bits (16 bytes), the symbols. stb
// 2.27 writes past the end of a table for more than 256 symbols, and reads in front of one for
// exactly 256; pictures need 176 at most.
bool codes_are_possible(Bytes codes) {
  while (!codes.empty()) {
    if (codes.size() < 17) return false;
    const std::size_t symbols = std::accumulate(&codes[1], &codes[17], std::size_t{0});
    if (symbols > 255 || 17 + symbols > codes.size()) return false;
    codes = codes.subspan(17 + symbols);
  }
  return true;
}

// A JPEG is a row of segments: 0xff, a marker, the length (2 bytes, itself included), the content.
// Between them may stand padding and compressed data, in which 0xff is followed by 0 or by a
// restart marker. The last marker stands alone.
PictureFile inspect_jpeg(Bytes jpeg) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  PictureFile file;
  bool noted = false;
  for (Bytes rest = from(2, jpeg); rest.size() >= 2;) {
    const std::uint8_t marker = rest[1];
    const bool restart = marker >= 0xd0 && marker <= 0xd7;
    if (rest[0] != 0xff || marker == 0 || marker == 0xff || restart) {
      rest = rest.subspan(1);
      continue;
    }
    file.whole = marker == kEnd;
    const std::size_t length = number(from(2, rest), 2);
    if (file.whole || length < 2 || 2 + length > rest.size()) break;
    const Bytes content = rest.subspan(4, length - 2);
    if (marker == kCodes && !codes_are_possible(content)) break;
    if (marker == kCamera && !noted && starts_with(content, kExif)) {
      file.orientation = orientation_in(from(kExif.size(), content));
      noted = true;
    }
    rest = rest.subspan(2 + length);
  }
  return file;
}

// ---- PNG ----

// A PNG is a row of chunks: the length of the content (4 bytes), a type (4), the content, a
// checksum of type and content (4). The last one is empty and called IEND. A decoder needs the
// chunks whose type begins with a capital letter.
PictureFile inspect_png(Bytes png) {
  PictureFile file;
  for (Bytes rest = from(8, png); rest.size() >= 12;) {
    const std::size_t length = number(rest, 4);
    if (length > rest.size() - 12) break;
    const Bytes chunk = rest.subspan(4, 4 + length);
    rest = rest.subspan(8 + length);
    const bool intact = crc32_z(0, chunk.data(), chunk.size()) == number(rest, 4);
    const bool needed = chunk[0] >= 'A' && chunk[0] <= 'Z';
    if (needed && !intact) break;
    if (intact && starts_with(chunk, "eXIf")) file.orientation = orientation_in(from(4, chunk));
    file.whole = starts_with(chunk, "IEND");
    if (file.whole) break;
    rest = rest.subspan(4);
  }
  return file;
}

}  // namespace

std::optional<PictureFile> inspect_picture(Bytes bytes) {
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return inspect_png(bytes);
  if (starts_with(bytes, "\xff\xd8\xff")) return inspect_jpeg(bytes);
  return std::nullopt;
}

Image upright(Image stored, int orientation) {
  if (orientation == 1) return stored;
  const Index H = stored.shape[0], W = stored.shape[1], C = stored.shape[2];
  const auto one_of = [&](auto... numbers) { return ((orientation == numbers) || ...); };
  const bool lying = orientation >= 5;  // the stored rows are the picture's columns
  const bool from_below = one_of(3, 4, 6, 7), from_right = one_of(2, 3, 7, 8);
  Image seen{{lying ? W : H, lying ? H : W, C}, {}};
  seen.pixels.reserve(stored.pixels.size());
  for (Index y = 0; y < seen.shape[0]; ++y) {
    for (Index x = 0; x < seen.shape[1]; ++x) {
      const Index row = lying ? x : y, column = lying ? y : x;
      const Index r = from_below ? H - 1 - row : row, c = from_right ? W - 1 - column : column;
      const auto pixel = stored.pixels.begin() + (r * W + c) * C;
      seen.pixels.insert(seen.pixels.end(), pixel, pixel + C);
    }
  }
  return seen;
}

}  // namespace minitape
