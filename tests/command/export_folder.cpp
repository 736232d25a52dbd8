// Writes drawn digits as a folder of images, for the tests of data.name = "folder":
//
//   export_folder DIR TRAIN TEST     TRAIN images in DIR/train/0 … 9, TEST images in DIR/test/0 … 9
//
// Height and width are from 20 to 60 pixels, and every fourth image is a JPEG.
#include <iostream>
#include <string>

#include "data/image_files.hpp"
#include "minitape/data/image.hpp"
#include "minitape/data/load.hpp"

using namespace minitape;

namespace {

// The path comes without an ending; the size follows from the number.
void write_digit(const std::filesystem::path& path, Index number, const Image& digit) {
  const Image image = resized(digit, 20 + number % 41, 20 + 7 * number % 41);
  if (number % 4 == 0) {
    const auto extent = [&image](int axis) { return static_cast<int>(image.shape[axis]); };
    write_plain(path.string() + ".jpg", jpeg_file(extent(1), extent(0), extent(2), image.pixels));
  } else {
    const std::string bytes = encode_png(image);
    write_plain(path.string() + ".png", Bytes(bytes.begin(), bytes.end()));
  }
}

void write_split(const std::filesystem::path& folder, const char* split, Index count) {
  const Dataset digits = make_digits(1, split, count);
  for (Index i = 0; i < count; ++i) {
    const auto label = digits.labels[static_cast<std::size_t>(i)];
    const auto place = folder / split / digits.class_names[label];
    std::filesystem::create_directories(place);
    const auto pixels = digits.image(i);
    write_digit(place / std::to_string(i), i,
                {digits.image_shape, Bytes(pixels.begin(), pixels.end())});
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: export_folder DIR TRAIN TEST\n";
    return 2;
  }
  write_split(argv[1], "train", std::stol(argv[2]));
  write_split(argv[1], "test", std::stol(argv[3]));
  return 0;
}
