#include "minitape/tools/contact_sheet.hpp"

#include <stb/stb_easy_font.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

constexpr Index kSheetWidth = 1240;  // pixels, at most
constexpr Index kRows = 6;           // of images, at most
constexpr Index kGap = 8;            // pixels between images
constexpr Index kMagnified = 128;    // small images are magnified up to this
constexpr Index kLargest = 256;      // larger ones are shrunk to this
constexpr Index kLabelHeight = 26;   // a line of the font at twice its size
constexpr std::uint8_t kPaper = 235;
constexpr std::uint8_t kInk[] = {30, 30, 30};  // as much of it as there are channels

// The first images of the first epoch, all in one batch of bytes / 255: order and augmentation do
// not depend on the batch size. An image that would be a batch of its own is not trained on.
Batch first_images(const Config& config, const Dataset& train, Index count) {
  BatchOptions options = build_batch_options(config);
  const Index trained_on = train.size() - (train.size() % options.batch_size == 1 ? 1 : 0);
  options.batch_size = std::min(count, trained_on);
  Batches batches(train, Standardization::none(train.image_shape.channels()), options);
  batches.start_epoch(0);
  return *batches.next();
}

// ---- Drawing ----

// A rectangle in one colour [C].
void fill(Image& sheet, Index top, Index left, Index height, Index width,
          const std::uint8_t* colour) {
  const Index W = sheet.shape[1], C = sheet.shape[2];
  for (Index h = top; h < top + height; ++h) {
    for (Index w = left; w < left + width; ++w) {
      std::copy_n(colour, C, sheet.pixels.begin() + (h * W + w) * C);
    }
  }
}

// ASCII, which is all that the font has, with ? for other letters.
std::string ascii(const std::string& text) {
  std::string result;
  for (const char letter : terminal_text(text)) {
    const bool continues = (letter & 0xc0) == 0x80;  // a further byte of one letter in UTF-8
    if (!continues) result += (letter & 0x80) == 0 ? letter : '?';
  }
  return result;
}

Index text_width(std::string text) { return stb_easy_font_width(text.data()); }

// Writes text into the middle of a space of that width: large where it fits, else small, and cut
// where even that is too wide.
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
  const Index H = train.image_shape[0], W = train.image_shape[1], C = train.image_shape[2];
  const Index longest = std::max(H, W);
  const bool large = longest > kLargest;
  const Index small_h = large ? std::max<Index>(1, H * kLargest / longest) : H;
  const Index small_w = large ? std::max<Index>(1, W * kLargest / longest) : W;
  const Index factor = std::max<Index>(1, kMagnified / longest);
  const Index height = small_h * factor, width = small_w * factor;
  const Index columns = std::max<Index>(1, (kSheetWidth - kGap) / (width + kGap));
  const Batch batch = first_images(config, train, columns * kRows);
  const Index count = std::ssize(batch.labels), rows = (count + columns - 1) / columns;
  const Index tile_height = height + kLabelHeight + kGap, tile_width = width + kGap;

  Image sheet{{rows * tile_height + kGap, columns * tile_width + kGap, C}, {}};
  sheet.pixels.assign(static_cast<std::size_t>(sheet.shape.size()), kPaper);
  for (Index n = 0; n < count; ++n) {
    Image image{train.image_shape, {}};
    for (Index i = n * image.shape.size(); i < (n + 1) * image.shape.size(); ++i) {
      image.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * batch.images[i])));
    }
    const auto label = static_cast<std::size_t>(batch.labels[static_cast<std::size_t>(n)]);
    const Index top = kGap + n / columns * tile_height, left = kGap + n % columns * tile_width;
    const Image small = resized(image, small_h, small_w);
    for (Index i = 0; i < small_h * small_w; ++i) {  // each pixel becomes a square
      fill(sheet, top + i / small_w * factor, left + i % small_w * factor, factor, factor,
           small.pixels.data() + i * C);
    }
    write(sheet, top + height + kGap / 2, left, width, ascii(train.class_names[label]));
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

  std::vector<std::string> augmentation;
  if (options.augmentation.flip) augmentation.push_back("flip (half of the images, left to right)");
  if (options.augmentation.alternating_flip) {
    augmentation.push_back("alternating flip (half of the images, in the next epoch the others)");
  }
  if (options.augmentation.shift > 0) {
    augmentation.push_back(concat("shift (moved by up to ", options.augmentation.shift,
                                  " pixels each way, the border mirrored)"));
  }
  if (options.augmentation.crop) {
    augmentation.push_back(concat("crop (moved by up to ", Augmentation::kCropPadding,
                                  " pixels each way, black behind)"));
  }
  text += concat(
      "augmentation of training images: ", augmentation.empty() ? "none" : joined(augmentation),
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
