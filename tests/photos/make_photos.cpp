// Draws the photos in this folder again:  build/release/make_photos tests/photos
//
// Their names begin with the digit that they show. They are small, large, long and wide, dark on
// light and light on dark, turned, off the middle, in uneven light and on rough paper, drawn with
// thin pens and thick ones. Brightness has few levels, so that the files stay small.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tools/drawn_photo.hpp"

using namespace minitape;

namespace {

struct Photo {
  int digit;
  const char* name;
  PhotoStyle style;
  int levels;  // of brightness
};

// clang-format off
const Photo kPhotos[] = {
    {0, "20x20_dark",    {.height = 20, .width = 20, .size = 0.8, .pen = 0.14, .noise = 5}, 64},
    {1, "28x28_dark",    {.height = 28, .width = 28, .size = 0.7, .pen = 0.12, .angle = 8, .noise = 5}, 64},
    {2, "40x30_light",   {.height = 30, .width = 40, .size = 0.8, .pen = 0.12, .angle = -5, .paper = 45, .ink = 220, .slope_x = 0.5, .noise = 4}, 64},
    {3, "64x64_dark",    {.height = 64, .width = 64, .size = 0.6, .pen = 0.1, .angle = 6, .shift_x = 0.15, .slope_y = 0.5, .noise = 6}, 32},
    {4, "100x80_light",  {.height = 80, .width = 100, .size = 0.7, .pen = 0.09, .angle = 4, .shift_x = -0.2, .paper = 60, .ink = 230, .slope_x = -0.4, .noise = 5}, 32},
    {5, "120x120_dark",  {.height = 120, .width = 120, .size = 0.5, .pen = 0.05, .angle = -8, .shift_y = 0.1, .paper = 190, .ink = 70, .slope_x = 0.4, .slope_y = 0.3, .noise = 6}, 16},
    {6, "150x200_dark",  {.height = 200, .width = 150, .size = 0.6, .pen = 0.15, .angle = 10, .paper = 220, .ink = 30, .slope_y = -0.6, .noise = 4}, 16},
    {7, "160x120_light", {.height = 120, .width = 160, .size = 0.75, .pen = 0.06, .angle = 5, .paper = 30, .ink = 200, .slope_x = 0.8, .noise = 4}, 16},
    {8, "200x200_dark",  {.height = 200, .width = 200, .size = 0.45, .pen = 0.08, .angle = -4, .shift_x = 0.15, .shift_y = -0.15, .paper = 180, .ink = 100, .slope_x = -0.5, .noise = 4}, 16},
    {9, "300x220_dark",  {.height = 220, .width = 300, .size = 0.6, .pen = 0.04, .angle = -6, .slope_x = 0.6, .slope_y = -0.3, .noise = 2}, 16},
    {3, "400x400_light", {.height = 400, .width = 400, .size = 0.5, .pen = 0.1, .angle = -10, .paper = 50, .ink = 225, .slope_x = 0.5, .slope_y = 0.5}, 32},
    {5, "600x400_dark",  {.height = 400, .width = 600, .size = 0.55, .pen = 0.07, .angle = 7, .shift_x = -0.15, .slope_x = 0.7, .slope_y = 0.4}, 32},
};
// clang-format on

Image with_levels(Image image, int levels) {
  for (std::uint8_t& pixel : image.pixels) {
    const int level = pixel * levels / 256;
    pixel = static_cast<std::uint8_t>(level * 255 / (levels - 1));
  }
  return image;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_photos FOLDER\n";
    return 2;
  }
  for (const Photo& photo : kPhotos) {
    const std::string name = std::to_string(photo.digit) + "_" + photo.name + ".png";
    std::ofstream file(std::filesystem::path(argv[1]) / name, std::ios::binary);
    file << encode_png(with_levels(photo_of(photo.digit, photo.style), photo.levels));
    if (!file.flush()) {
      std::cerr << "cannot write " << name << "\n";
      return 1;
    }
  }
  return 0;
}
