#include "minitape/tools/contact_sheet.hpp"

#include <stb/stb_easy_font.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

constexpr Index kSheetWidth = 1240;  // pixels, at most
constexpr Index kRows = 6;           // of images, at most
constexpr Index kGap = 8;            // pixels between images
constexpr Index kMagnified = 128;    // small images are magnified up to this
constexpr Index kLargest = 256;      // larger ones are shrunk to this
constexpr Index kLabelHeight = 26;   // a line of the font at twice its size
constexpr std::uint8_t kPaper = 235, kInk = 30;

struct LabelledImage {
  Image image;
  int label = 0;
};

// ---- The images ----

// The inverse of what makes a batch of bytes. Both round by far less than half a byte.
Image image_of(const Batch& batch, Index n, const Standardization& standardization) {
  Image image{batch.images.shape().without_batch(), {}};
  const Index size = image.shape.size();
  const Real* numbers = batch.images.data() + n * size;  // [H, W, C]
  for (Index i = 0; i < size; ++i) {
    const auto c = static_cast<std::size_t>(i % image.shape.channels());
    const double value =
        static_cast<double>(numbers[i]) * standardization.deviation[c] + standardization.mean[c];
    image.pixels.push_back(
        static_cast<std::uint8_t>(std::clamp(std::round(value * 255), 0.0, 255.0)));
  }
  return image;
}

// The first images of the first epoch.
std::vector<LabelledImage> first_images(const Config& config, const Dataset& train, Index count) {
  const Standardization standardization = build_standardization(config, train);
  Batches batches(train, standardization, build_batch_options(config));
  std::vector<LabelledImage> images;
  batches.start_epoch(0);
  while (std::optional<Batch> batch = batches.next()) {
    for (Index n = 0; n < std::ssize(batch->labels); ++n) {
      if (std::ssize(images) == count) return images;
      images.push_back(
          {image_of(*batch, n, standardization), batch->labels[static_cast<std::size_t>(n)]});
    }
  }
  return images;
}

// The shape in which an image is shown: small ones are magnified by a whole factor.
Shape shown_shape(const Shape& image) {
  const Index H = image[0], W = image[1], longest = std::max(H, W);
  if (longest > kLargest) {
    return {std::max<Index>(1, H * kLargest / longest), std::max<Index>(1, W * kLargest / longest),
            image[2]};
  }
  const Index factor = std::max<Index>(1, kMagnified / longest);
  return {H * factor, W * factor, image[2]};
}

// ---- Drawing ----

Image shown(const Image& image) {
  const Shape shape = shown_shape(image.shape);
  if (shape[0] < image.shape[0] || shape[1] < image.shape[1]) {
    return resized(image, shape[0], shape[1]);
  }
  // Each pixel becomes a square, so that one sees the pixels.
  const Index factor = shape[0] / image.shape[0], W = image.shape[1], C = image.shape[2];
  Image result{shape, {}};
  for (Index h = 0; h < shape[0]; ++h) {
    for (Index w = 0; w < shape[1]; ++w) {
      const auto pixel = image.pixels.begin() + (h / factor * W + w / factor) * C;
      result.pixels.insert(result.pixels.end(), pixel, pixel + C);
    }
  }
  return result;
}

void fill(Image& sheet, Index top, Index left, Index height, Index width, std::uint8_t value) {
  const Index W = sheet.shape[1], C = sheet.shape[2];
  for (Index h = top; h < top + height; ++h) {
    std::fill_n(sheet.pixels.begin() + (h * W + left) * C, width * C, value);
  }
}

void paste(Image& sheet, Index top, Index left, const Image& image) {
  const Index row = image.shape[1] * image.shape[2];
  for (Index h = 0; h < image.shape[0]; ++h) {
    std::copy_n(image.pixels.begin() + h * row, row,
                sheet.pixels.begin() + ((top + h) * sheet.shape[1] + left) * sheet.shape[2]);
  }
}

// As the font can write it: ASCII, with ? for other letters.
std::string ascii(const std::string& text) {
  std::string result;
  for (const char letter : terminal_text(text)) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool continues = (byte & 0xc0) == 0x80;  // a further byte of one letter in UTF-8
    if (!continues) result += byte < 0x80 ? letter : '?';
  }
  return result;
}

Index text_width(std::string text) { return stb_easy_font_width(text.data()); }

// Writes text into a space of that width, in its middle: large where that fits, else small, and
// what does not even fit then is left out.
void write(Image& sheet, Index top, Index left, Index width, std::string text) {
  const Index scale = 2 * text_width(text) <= width ? 2 : 1;
  while (text_width(text) * scale > width) text.pop_back();
  left += (width - text_width(text) * scale) / 2;
  // The font gives rectangles, each as four corners of x, y, z and a colour.
  struct Corner {
    float x, y, z;
    std::array<std::uint8_t, 4> colour;
  };
  using Rectangle = std::array<Corner, 4>;
  std::vector<Rectangle> rectangles(text.size() * 16 + 1);
  const int count = stb_easy_font_print(0, 0, text.data(), nullptr, rectangles.data(),
                                        static_cast<int>(rectangles.size() * sizeof(Rectangle)));
  rectangles.resize(static_cast<std::size_t>(count));
  const auto scaled = [scale](float length) { return static_cast<Index>(length) * scale; };
  for (const Rectangle& rectangle : rectangles) {
    const Corner &from = rectangle[0], &to = rectangle[2];
    fill(sheet, top + scaled(from.y), left + scaled(from.x), scaled(to.y - from.y),
         scaled(to.x - from.x), kInk);
  }
}

}  // namespace

Image contact_sheet(const Config& config, const Dataset& train) {
  // Lay out columns of equal tiles, each an image with its label below.
  const Shape one = shown_shape(train.image_shape);
  const Index columns = std::max<Index>(1, (kSheetWidth - kGap) / (one[1] + kGap));
  const auto images = first_images(config, train, columns * kRows);
  const Index tile_height = one[0] + kLabelHeight + kGap;
  const Index rows = (std::ssize(images) + columns - 1) / columns;

  Image sheet{{rows * tile_height + kGap, columns * (one[1] + kGap) + kGap, one[2]}, {}};
  sheet.pixels.assign(static_cast<std::size_t>(sheet.shape.size()), kPaper);
  for (Index i = 0; i < std::ssize(images); ++i) {
    const LabelledImage& entry = images[static_cast<std::size_t>(i)];
    const Index top = kGap + i / columns * tile_height;
    const Index left = kGap + i % columns * (one[1] + kGap);
    paste(sheet, top, left, shown(entry.image));
    write(sheet, top + one[0] + kGap / 2, left, one[1],
          ascii(train.class_names[static_cast<std::size_t>(entry.label)]));
  }
  return sheet;
}

// ---- The data in numbers ----

std::string describe_data(const Config& config, const TrainTest& data) {
  const Dataset &train = data.train, &test = data.test;
  const Standardization standardization = build_standardization(config, train);
  const BatchOptions options = build_batch_options(config);
  const Batches batches(train, standardization, options);
  std::string text = concat(
      config.data.name, ": ", train.size(), " training images, ", test.size(),
      " test images, height ", train.image_shape[0], ", width ", train.image_shape[1],
      ", channels ", train.image_shape[2], "\ninputs: (byte / 255 - mean) / deviation",
      config.data.standardize ? ", of the training images\n" : ", as data.standardize is false\n");
  for (std::size_t c = 0; c < standardization.mean.size(); ++c) {
    text += concat("  channel ", c, "  mean ", fixed(standardization.mean[c], 4), "  deviation ",
                   fixed(standardization.deviation[c], 4), "\n");
  }

  std::string augmentation;
  if (options.augmentation.flip) augmentation = "flip (half of the images, left to right)";
  if (options.augmentation.crop) {
    augmentation += concat(augmentation.empty() ? "" : ", ", "crop (moved by up to ",
                           Augmentation::kCropPadding, " pixels each way, black behind)");
  }
  text +=
      concat("augmentation of training images: ", augmentation.empty() ? "none" : augmentation,
             "\nbatches of ", options.batch_size, " images, ", batches.batches_per_epoch(),
             " in an epoch, ", options.shuffle ? "shuffled" : "in the order of the data", "\n\n");

  std::vector<std::vector<std::string>> table{{"class", "training", "test"}};
  for (std::size_t label = 0; label < train.class_names.size(); ++label) {
    const auto count = [label](const Dataset& set) {
      return std::to_string(std::count(set.labels.begin(), set.labels.end(), label));
    };
    table.push_back({terminal_text(train.class_names[label]), count(train), count(test)});
  }
  return text + aligned(table);
}

}  // namespace minitape
