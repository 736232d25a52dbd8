#include "minitape/tools/digit_photo.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "paper.hpp"

namespace minitape {
namespace {

// kSide, kBox and kMiddle are MNIST's. The other numbers, here and in find_ink, were chosen by hand
// so that the digits look like MNIST's on the 12 drawn photos of tests/photos and on MNIST's own
// test images, made into dark-on-light PNGs of 8 times the size. Of 1,000 of these, with light
// uneven by up to ±30 % and noise of σ = 8 bytes, mnist_cnn knew 99.0 %; of 300 in each of 12 other
// conditions 99.0 to 99.7 %.
constexpr Index kSide = 28, kBox = 20;     // of the result, of the digit in it
constexpr double kMiddle = 14.5;           // MNIST's centres of mass lie in pixel (14, 14)
constexpr Index kWorkingSide = 240;        // the photo's longer side while we work on it
constexpr std::uint8_t kNearlyBlack = 64;  // a border darker than this needs no steps
constexpr float kLeastContrast = 16;       // of ink and paper, in bytes; less is not ink
constexpr double kSpeck = 0.05;            // smaller parts of the largest piece's ink are specks
constexpr float kPen = 2.2f;               // width of a stroke in the result, in pixels

// ---- Before the steps ----

bool is_ready(const Image& photo) {
  if (photo.shape != Shape{kSide, kSide, 1}) return false;
  std::vector<float> border;
  for (Index i = 0; i < kSide * kSide; ++i) {
    const Index r = i / kSide, c = i % kSide;
    if (r == 0 || c == 0 || r == kSide - 1 || c == kSide - 1) {
      border.push_back(photo.pixels[static_cast<std::size_t>(i)]);
    }
  }
  return quantile(border, 0.5) < kNearlyBlack;
}

// The longer side becomes `side`, the other one follows; neither gets below 1.
Image resized_to_fit(const Image& image, Index side) {
  const Index longer = std::max(image.shape[0], image.shape[1]);
  const auto scaled = [&](Index n) { return std::max<Index>(1, (n * side + longer / 2) / longer); };
  return resized(image, scaled(image.shape[0]), scaled(image.shape[1]));
}

// ---- 2 and 3: ink and contrast ----

// Differences from the paper -> ink from 0 to 1.
void find_ink(Sheet& sheet) {
  // Ink is darker or lighter than the paper, whichever stands out more; make it positive. The most
  // extreme fifth of a percent may be dust.
  constexpr double kRare = 0.002;
  if (-quantile(sheet.values, kRare) > quantile(sheet.values, 1 - kRare)) {
    for (float& value : sheet.values) value = -value;
  }
  const float strongest = quantile(sheet.values, 1 - kRare);

  // It must exceed the noise of the paper. A quarter of normal numbers lie within ±0.32·σ.
  std::vector<float> distances = sheet.values;
  for (float& value : distances) value = std::abs(value);
  const float noise = quantile(distances, 0.25) / 0.32f;
  MINITAPE_CHECK(strongest >= std::max(kLeastContrast, 6 * noise),
                 "[digit] finds no ink: nothing stands out from the paper. The picture should show "
                 "one digit, much darker or much lighter than the plain paper around it");

  // Stretch the contrast: up to 40 % of the typical ink is paper (0), from 80 % on it is ink (1).
  std::vector<float> inked;
  std::copy_if(sheet.values.begin(), sheet.values.end(), std::back_inserter(inked),
               [&](float value) { return value > strongest / 2; });
  const float ink = quantile(inked, 0.5);
  for (float& value : sheet.values) value = std::clamp((value / ink - 0.4f) / 0.4f, 0.0f, 1.0f);
}

// ---- 5: pen ----

// The mean width of the strokes. A line of width w and length l has the area w·l. Along each of its
// two long sides the ink falls from 1 to 0, so Σ|slope| = 2·l, however soft the edge is.
double stroke_width(const Sheet& ink) {
  double area = 0, slopes = 0;
  for (Index r = 0; r + 1 < ink.height; ++r) {
    for (Index c = 0; c + 1 < ink.width; ++c) {
      const double value = ink.at(r, c);
      area += value;
      slopes += std::hypot(ink.at(r + 1, c) - value, ink.at(r, c + 1) - value);
    }
  }
  return 2 * area / std::max(slopes, 1e-9);
}

// The digit cut out along its bounding box, with strokes no thinner than the pen.
Sheet with_pen(const Sheet& ink) {
  const Box box = bounding_box(ink);
  const auto longer = static_cast<double>(std::max(box.height(), box.width()));
  const double wanted = kPen * longer / static_cast<double>(kBox);
  const double missing = wanted - stroke_width(with_margin(ink, box, 1));
  if (missing <= 0) return with_margin(ink, box, 0);
  const auto radius = static_cast<float>(missing / 2);
  const Sheet thick = thickened(with_margin(ink, box, static_cast<Index>(radius) + 2), radius);
  return with_margin(thick, bounding_box(thick), 0);
}

// ---- 6 and 7: size and place ----

Image centred(const Image& digit) {
  const Index height = digit.shape[0], width = digit.shape[1];
  double mass = 0, row_sum = 0, column_sum = 0;
  for (Index i = 0; i < height * width; ++i) {
    const double value = digit.pixels[static_cast<std::size_t>(i)];
    mass += value;
    row_sum += value * (static_cast<double>(i / width) + 0.5);
    column_sum += value * (static_cast<double>(i % width) + 0.5);
  }
  // Place it so that its centre of mass is in the middle and nothing is cut off.
  const auto begin = [&](double sum, Index extent) {
    const auto at = static_cast<Index>(std::lround(kMiddle - sum / mass));
    return std::clamp<Index>(at, 0, kSide - extent);
  };
  const Index top = begin(row_sum, height), left = begin(column_sum, width);
  Image result{{kSide, kSide, 1}, std::vector<std::uint8_t>(kSide * kSide)};
  for (Index r = 0; r < height; ++r) {
    std::copy_n(digit.pixels.begin() + r * width, width,
                result.pixels.begin() + (top + r) * kSide + left);
  }
  return result;
}

}  // namespace

Image digit_from_photo(const Image& photo) {
  MINITAPE_CHECK(photo.shape.rank() == 3 && photo.shape[2] == 1,
                 "[digit] takes a grey image (H, W, 1): got ", photo.shape);
  if (is_ready(photo)) return photo;
  Sheet sheet = to_sheet(resized_to_fit(photo, kWorkingSide));
  subtract_paper(sheet);
  find_ink(sheet);
  remove_specks(sheet, kSpeck);
  return centred(resized_to_fit(to_image(with_pen(sheet)), kBox));
}

}  // namespace minitape
