// PNG and JPEG files for tests: PNGs put together by hand, so that they can have every depth, kind
// of colour and mistake; JPEGs by stb_image_write.
#pragma once

#include <zlib.h>

#include <string_view>

#include "data/files.hpp"

namespace minitape {

inline void put_number(Bytes& bytes, unsigned long number) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

inline void put_chunk(Bytes& bytes, std::string_view type, const Bytes& data) {
  put_number(bytes, data.size());
  Bytes checked(type.begin(), type.end());
  checked.insert(checked.end(), data.begin(), data.end());
  bytes.insert(bytes.end(), checked.begin(), checked.end());
  put_number(bytes, crc32(0, checked.data(), static_cast<unsigned>(checked.size())));
}

/// The kinds of colour as the PNG format numbers them.
enum class PngColour : std::uint8_t { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgba = 6 };

/// The start of a PNG of that size: its signature and its header.
inline Bytes png_header(std::uint32_t width, std::uint32_t height, PngColour colour,
                        std::uint8_t depth = 8) {
  Bytes header;
  put_number(header, width);
  put_number(header, height);
  header.insert(header.end(), {depth, static_cast<std::uint8_t>(colour), 0, 0, 0});
  Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  put_chunk(file, "IHDR", header);
  return file;
}

/// A PNG of that size. `rows` are its values, row by row, without filter bytes; `depth` is in bits.
inline Bytes png_file(std::uint32_t width, std::uint32_t height, PngColour colour,
                      const Bytes& rows, std::uint8_t depth = 8) {
  Bytes raw;  // each row begins with its filter: 0, none
  for (std::size_t h = 0; h < height && !rows.empty(); ++h) {
    const std::size_t bytes = rows.size() / height;
    raw.push_back(0);
    raw.insert(raw.end(), rows.begin() + static_cast<std::ptrdiff_t>(h * bytes),
               rows.begin() + static_cast<std::ptrdiff_t>((h + 1) * bytes));
  }
  uLongf size = compressBound(raw.size());
  Bytes compressed(size);
  compress(compressed.data(), &size, raw.data(), raw.size());
  compressed.resize(size);

  Bytes file = png_header(width, height, colour, depth);
  put_chunk(file, "IDAT", compressed);
  put_chunk(file, "IEND", {});
  return file;
}

/// The PNG with another chunk right behind its header.
inline Bytes with_chunk(Bytes png, std::string_view type, const Bytes& data, int damage = 0) {
  constexpr std::ptrdiff_t kHeaderEnd = 33;
  Bytes chunk;
  put_chunk(chunk, type, data);
  chunk.back() ^= static_cast<std::uint8_t>(damage);  // of its checksum
  png.insert(png.begin() + kHeaderEnd, chunk.begin(), chunk.end());
  return png;
}

/// A PNG whose pixels are all alike.
inline Bytes plain_png(std::uint32_t width, std::uint32_t height, const Bytes& rgb) {
  Bytes rows;
  for (std::uint32_t i = 0; i < width * height; ++i)
    rows.insert(rows.end(), rgb.begin(), rgb.end());
  return png_file(width, height, rgb.size() == 1 ? PngColour::grey : PngColour::rgb, rows);
}

/// A JPEG (baseline, hardly any loss) with these pixels, [height, width, channels].
Bytes jpeg_file(int width, int height, int channels, const Bytes& pixels);

}  // namespace minitape
