#include "minitape/data/image.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "reading.hpp"

namespace {

// A PNG's data can grow a thousandfold when decompressed, so stb gets no more memory at once than
// the largest picture needs: 8 bytes a pixel (16 bits for each of red, green, blue and alpha) and
// one for each row's filter; twice that, since for interlaced files stb doubles its buffer.
constexpr std::size_t kMaxAllocation = 17 * std::size_t{minitape::kMaxImagePixels};

// Filled with zeros: stb 2.27 (Debian 12) uses the tables of a JPEG's codes even if the file has
// none. Left as malloc finds it, such a table could point anywhere.
void* limited_malloc(std::size_t size) {
  return size <= kMaxAllocation ? std::calloc(size, 1) : nullptr;
}
void* limited_realloc(void* memory, std::size_t size) {
  return size <= kMaxAllocation ? std::realloc(memory, size) : nullptr;
}

}  // namespace

// stb is compiled in this file alone, as static functions, since a program may have its own stb.
// Its error texts are left out because threads share them.
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
// Some ratios of sizes violate an assertion about sums that stb goes on to normalize anyway.
#define STBIR_ASSERT(condition) static_cast<void>(0)
#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

namespace minitape {
namespace {

// Turns a stored pixel, [1 … 4] (grey or colour; with alpha if the number is even), into grey [1]
// or colour [3].
void convert(const std::uint8_t* stored, int stored_channels, std::uint8_t* pixel, Index channels) {
  const bool is_colour = stored_channels >= 3;
  const int alpha = stored_channels % 2 == 0 ? stored[stored_channels - 1] : 255;
  std::array<int, 3> rgb{};  // over white
  for (std::size_t c = 0; c < 3; ++c) {
    rgb[c] = (stored[is_colour ? c : 0] * alpha + 255 * (255 - alpha) + 127) / 255;
  }
  const int grey = (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) / 256;
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
    pixel[c] = static_cast<std::uint8_t>(channels == 1 ? grey : rgb[c]);
  }
}

// As stb counts.
int extent(const Image& image, int axis) { return static_cast<int>(image.shape[axis]); }

void check_image(const Image& image, std::string_view op) {
  const Shape& s = image.shape;
  MINITAPE_CHECK(s.rank() == 3 && (s[2] == 1 || s[2] == 3) && std::ssize(image.pixels) == s.size(),
                 "[", op,
                 "] an image has a shape (H, W, 1) or (H, W, 3) and as many pixels: got the shape ",
                 s, " and ", image.pixels.size(), " bytes");
}

}  // namespace

Image decode_image(std::span<const std::uint8_t> bytes, std::string_view what, Index channels,
                   Index max_pixels) {
  MINITAPE_CHECK(channels == 1 || channels == 3,
                 "[image] channels must be 1 (grey) or 3 (colour): got ", channels);
  MINITAPE_CHECK(!bytes.empty(), "[image] ", what, " must be a PNG or JPEG image: it is empty");
  const std::optional<PictureFile> file = inspect_picture(bytes);
  MINITAPE_CHECK(file, "[image] ", what, " must be a PNG or JPEG image: it starts like neither",
                 looks_like(bytes, "; convert it"));
  MINITAPE_CHECK(std::ssize(bytes) <= std::numeric_limits<int>::max(), "[image] ", what,
                 " must have less than 2 GB: it has ", bytes.size(), " bytes");
  const int size = static_cast<int>(bytes.size());
  int width = 0, height = 0, stored = 0;
  const auto damaged = [&what] {
    return Error(concat("[image] ", what, " must be a whole PNG or JPEG image: it is damaged, cut ",
                        "short or of a rare kind; make a new copy or convert it"));
  };

  // Ask for the size before taking memory for it.
  if (!file->whole || stbi_info_from_memory(bytes.data(), size, &width, &height, &stored) == 0) {
    throw damaged();
  }
  MINITAPE_CHECK(
      std::max(width, height) <= kMaxImageSide && Index{width} * Index{height} <= max_pixels,
      "[image] ", what, " must have at most ", max_pixels, " pixels and ", kMaxImageSide,
      " a side: it is ", width, " wide and ", height, " high");

  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(bytes.data(), size, &width, &height, &stored, 0), stbi_image_free);
  if (!pixels) throw damaged();
  Image image{{height, width, channels}, {}};
  image.pixels.resize(static_cast<std::size_t>(image.shape.size()));
  for (Index i = 0; i < image.shape.rows(); ++i) {
    convert(pixels.get() + i * stored, stored, image.pixels.data() + i * channels, channels);
  }
  return upright(std::move(image), file->orientation);
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
  const int done = stbir_resize_uint8_generic(
      image.pixels.data(), extent(image, 1), extent(image, 0), 0, result.pixels.data(),
      extent(result, 1), extent(result, 0), 0, extent(image, 2), STBIR_ALPHA_CHANNEL_NONE, 0,
      STBIR_EDGE_CLAMP, STBIR_FILTER_TRIANGLE, STBIR_COLORSPACE_LINEAR, nullptr);
  if (done == 0) throw std::bad_alloc();  // the only way it fails
  return result;
}

std::string encode_png(const Image& image) {
  check_image(image, "png");
  std::string bytes;
  const auto append = [](void* target, void* data, int size) {
    static_cast<std::string*>(target)->append(static_cast<const char*>(data),
                                              static_cast<std::size_t>(size));
  };
  const int done = stbi_write_png_to_func(append, &bytes, extent(image, 1), extent(image, 0),
                                          extent(image, 2), image.pixels.data(), 0);
  if (done == 0) throw std::bad_alloc();  // the only way it fails
  return bytes;
}

}  // namespace minitape
