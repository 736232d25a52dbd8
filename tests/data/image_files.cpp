#include "data/image_files.hpp"

#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

namespace minitape {

Bytes jpeg_file(int width, int height, int channels, const Bytes& pixels) {
  Bytes file;
  const auto append = [](void* target, void* data, int size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    static_cast<Bytes*>(target)->insert(static_cast<Bytes*>(target)->end(), bytes, bytes + size);
  };
  stbi_write_jpg_to_func(append, &file, width, height, channels, pixels.data(), 100);
  return file;
}

}  // namespace minitape
