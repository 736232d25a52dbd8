#include "minitape/data/image.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "exif.hpp"
#include "minitape/core/check.hpp"
#include "read_file.hpp"

namespace {

// A PNG's data can decompress to a thousand times their size. More than what the largest image needs
// is not given to stb: 8 bytes a pixel (16 bits for each of red, green, blue and alpha) and one for
// the filter of each line. Where stb does not know the size from the header (data in many chunks,
// interlaced lines) it doubles what it has, so that twice as much must be allowed.
constexpr std::size_t kMaxAllocation = 17 * std::size_t{minitape::kMaxImagePixels};

// Filled with zeros: stb 2.27 (Debian 12) reads the tables of a JPEG's codes even where the file has
// none, and chance would lead it to any place in memory.
void* limited_malloc(std::size_t size) {
  return size <= kMaxAllocation ? std::calloc(size, 1) : nullptr;
}
void* limited_realloc(void* memory, std::size_t size) {
  return size <= kMaxAllocation ? std::realloc(memory, size) : nullptr;
}

}  // namespace

// stb lives in this file alone. Its functions are static, so that they do not clash with those of a
// program which has its own; its error texts, which threads would share, are left out.
#define STBI_MALLOC(size) limited_malloc(size)
#define STBI_REALLOC(memory, size) limited_realloc(memory, size)
#define STBI_FREE(memory) std::free(memory)
#define STBI_ASSERT(condition) static_cast<void>(0)  // a damaged file is no reason to abort
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_FAILURE_STRINGS
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>
#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

namespace minitape {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct FreePixels {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};
using Pixels = std::unique_ptr<stbi_uc, FreePixels>;

bool starts_with(Bytes bytes, Bytes start) {
  return bytes.size() >= start.size() && std::equal(start.begin(), start.end(), bytes.begin());
}

bool is_png(Bytes bytes) {
  constexpr std::array<std::uint8_t, 8> kPng{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  return starts_with(bytes, kPng);
}

bool is_jpeg(Bytes bytes) {
  constexpr std::array<std::uint8_t, 3> kJpeg{0xff, 0xd8, 0xff};
  return starts_with(bytes, kJpeg);
}

// stb 2.27 writes past the end of a table where a JPEG's Huffman code has more than the 256 symbols
// that there can be, and reads in front of one where it has exactly these; pictures need 176 at most.
// Looks for such a code wherever stb might meet one.
bool has_impossible_code(Bytes jpeg) {
  const auto byte = [&](std::size_t i) { return i < jpeg.size() ? int{jpeg[i]} : 0; };  // as stb
  const auto length = [&](std::size_t i) { return byte(i) << 8 | byte(i + 1); };
  // What a camera notes comes first. stb does not look into it; its bytes can be anything.
  std::size_t start = 2;
  while (byte(start) == 0xff && byte(start + 1) >> 4 == 0xe) {
    start += 2 + static_cast<std::size_t>(length(start + 2));
  }

  for (std::size_t i = start; i + 1 < jpeg.size(); ++i) {
    if (jpeg[i] != 0xff || jpeg[i + 1] != 0xc4) continue;
    // The segment's length, then for each code its number and how many symbols have 1 … 16 bits,
    // then the symbols.
    std::size_t code = i + 4;
    for (int left = length(i + 2) - 2; left > 0;) {
      if (byte(code) >> 4 > 1 || byte(code) % 16 > 3) break;  // there is no such code: stb stops
      int symbols = 0;
      for (std::size_t bits = 1; bits <= 16; ++bits) symbols += byte(code + bits);
      if (symbols > 255) return true;
      left -= 17 + symbols;
      code += 17 + static_cast<std::size_t>(symbols);
    }
  }
  return false;
}

// Writes one pixel as it is stored, [1 … 4] (grey or colour, then alpha if the number is even), as
// grey [1] or colour [3].
void convert(const std::uint8_t* stored, int stored_channels, std::uint8_t* pixel, Index channels) {
  const bool is_colour = stored_channels >= 3;
  const int alpha = stored_channels % 2 == 0 ? stored[stored_channels - 1] : 255;
  std::array<int, 3> rgb{};  // over white
  for (std::size_t c = 0; c < 3; ++c) {
    rgb[c] = (stored[is_colour ? c : 0] * alpha + 255 * (255 - alpha) + 127) / 255;
  }
  if (channels == 1) {
    pixel[0] = static_cast<std::uint8_t>((77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) / 256);
  } else {
    std::transform(rgb.begin(), rgb.end(), pixel, [](int v) { return std::uint8_t(v); });
  }
}

void check_image(const Image& image, std::string_view op) {
  MINITAPE_CHECK(image.shape.rank() == 3 && std::ssize(image.pixels) == image.shape.size(), "[", op,
                 "] an image has a shape (H, W, C) and as many pixels: got the shape ", image.shape,
                 " and ", image.pixels.size(), " bytes");
  MINITAPE_CHECK(image.shape[2] == 1 || image.shape[2] == 3, "[", op,
                 "] an image has 1 channel or 3: its shape is ", image.shape);
}

}  // namespace

Image decode_image(Bytes bytes, std::string_view what, Index channels, Index max_pixels) {
  MINITAPE_CHECK(channels == 1 || channels == 3,
                 "[image] channels must be 1 (grey) or 3 (colour): got ", channels);
  MINITAPE_CHECK(!bytes.empty(), "[image] ", what, " must be a PNG or JPEG image: it is empty");
  MINITAPE_CHECK(is_png(bytes) || is_jpeg(bytes), "[image] ", what,
                 " must be a PNG or JPEG image: it starts like neither; convert it");
  MINITAPE_CHECK(std::ssize(bytes) <= std::numeric_limits<int>::max(), "[image] ", what,
                 " must have less than 2 GB: it has ", bytes.size(), " bytes");
  const int size = static_cast<int>(bytes.size());
  int width = 0, height = 0, stored = 0;
  const auto damaged = [&what] {
    return Error(concat("[image] ", what, " must be a whole PNG or JPEG image: it is damaged, cut ",
                        "short or of a rare kind; make a new copy or convert it"));
  };

  if (is_jpeg(bytes) && has_impossible_code(bytes)) throw damaged();
  // Ask for the size before taking memory for it.
  if (stbi_info_from_memory(bytes.data(), size, &width, &height, &stored) == 0) throw damaged();
  MINITAPE_CHECK(
      std::max(width, height) <= kMaxImageSide && Index{width} * Index{height} <= max_pixels,
      "[image] ", what, " must have at most ", max_pixels, " pixels and ", kMaxImageSide,
      " a side: it is ", width, " wide and ", height, " high");

  const Pixels pixels(stbi_load_from_memory(bytes.data(), size, &width, &height, &stored, 0));
  if (!pixels) throw damaged();
  Image image{{height, width, channels}, {}};
  image.pixels.resize(static_cast<std::size_t>(image.shape.size()));
  for (Index i = 0; i < image.shape.rows(); ++i) {
    convert(pixels.get() + i * stored, stored, image.pixels.data() + i * channels, channels);
  }
  if (is_jpeg(bytes)) return upright(std::move(image), exif_orientation(bytes));
  return image;
}

Image read_image(const std::filesystem::path& path, Index channels) {
  return decode_image(read_file(path), path.string(), channels);
}

Image resized(const Image& image, Index height, Index width) {
  check_image(image, "resize");
  MINITAPE_CHECK(std::min(height, width) >= 1 && std::max(height, width) <= kMaxImageSide &&
                     height * width <= kMaxImagePixels,
                 "[resize] the new height and width must be from 1 to ", kMaxImageSide,
                 ", at most ", kMaxImagePixels, " pixels: got ", height, " and ", width);
  Image result{{height, width, image.shape[2]}, {}};
  if (result.shape == image.shape) return image;
  result.pixels.resize(static_cast<std::size_t>(result.shape.size()));
  const auto extent = [](const Shape& shape, int axis) { return static_cast<int>(shape[axis]); };
  const int done = stbir_resize_uint8_generic(
      image.pixels.data(), extent(image.shape, 1), extent(image.shape, 0), 0, result.pixels.data(),
      extent(result.shape, 1), extent(result.shape, 0), 0, extent(image.shape, 2),
      STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, STBIR_FILTER_TRIANGLE, STBIR_COLORSPACE_LINEAR,
      nullptr);
  if (done == 0) throw std::bad_alloc();  // the only way it fails
  return result;
}

std::string encode_png(const Image& image) {
  check_image(image, "png");
  const auto extent = [&image](int axis) { return static_cast<int>(image.shape[axis]); };
  std::string bytes;
  const auto append = [](void* target, void* data, int size) {
    static_cast<std::string*>(target)->append(static_cast<const char*>(data),
                                              static_cast<std::size_t>(size));
  };
  const int done = stbi_write_png_to_func(append, &bytes, extent(1), extent(0), extent(2),
                                          image.pixels.data(), extent(1) * extent(2));
  if (done == 0) throw std::bad_alloc();  // the only way it fails
  return bytes;
}

}  // namespace minitape
