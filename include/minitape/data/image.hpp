// One image: read from PNG and JPEG, resized, written as PNG.
//
// Whatever a file holds, it becomes bytes as a Dataset has them:
//
//   16 bits a channel   the upper 8 are kept
//   transparency        the picture is laid over white, as most programs show it
//   colour to grey      (77·red + 150·green + 29·blue) / 256, as in ITU-R BT.601
//   grey to colour      the same value three times
//   EXIF orientation    a photo that was taken with the camera turned is turned back
//
// The decoder is stb_image. It forgives too much (newer versions paint what is missing of a JPEG
// grey), so a file must first be whole by its own format: a JPEG up to its end marker, a PNG up to
// its last chunk and with right checksums.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

struct Image {
  Shape shape;                       // (H, W, C)
  std::vector<std::uint8_t> pixels;  // [H, W, C]
  bool operator==(const Image&) const = default;
};

/// Larger images are refused before memory is taken for them: a small file can claim any size, and
/// decoding takes up to 30 bytes a pixel.
inline constexpr Index kMaxImageSide = 65'535;        // pixels
inline constexpr Index kMaxImagePixels = 50'000'000;  // height times width

/// Decodes a PNG or JPEG file, `what` in messages, to 1 channel (grey) or 3 (colour). Throws unless
/// the bytes are a whole file of either format, and when the image is too large.
Image decode_image(std::span<const std::uint8_t> bytes, std::string_view what, Index channels,
                   Index max_pixels = kMaxImagePixels);

/// The same for a file. Also throws when the path is not a file that can be read.
Image read_image(const std::filesystem::path& path, Index channels);

/// The image with another height and width (in pixels, 1 … kMaxImageSide); where the proportions
/// differ it is stretched. Shrinking averages over all pixels (a triangle filter, two new pixels
/// wide), so that fine patterns turn grey instead of into other patterns. Enlarging interpolates
/// linearly. An image that has the size already stays as it is.
Image resized(const Image& image, Index height, Index width);

/// The bytes of a PNG file that holds the image; it has 1 or 3 channels.
std::string encode_png(const Image& image);

}  // namespace minitape
