#include "minitape/tools/digit_photo.hpp"

#include <algorithm>
#include <cmath>

namespace minitape {
namespace {

// kSide, kBox and kMiddle are MNIST's. The other numbers, here and in ink.cpp, were chosen by hand
// so that the digits look like MNIST's on the 12 drawn photos of tests/photos and on MNIST's own
// test images, made into dark-on-light PNGs of 8 times the size. Of 1,000 of these, with light
// uneven by up to ±30 % and noise of σ = 8 bytes, mnist_cnn knew 99.0 %; of 300 in each of 12 other
// conditions 99.0 to 99.7 %.
constexpr Index kSide = 28, kBox = 20;     // of the result, of the digit in it
constexpr double kMiddle = 14.5;           // MNIST's centres of mass lie in pixel (14, 14)
constexpr Index kWorkingSide = 240;        // the photo's longer side while we work on it
constexpr std::uint8_t kNearlyBlack = 64;  // a border darker than this needs no steps
constexpr float kPen = 2.2f;               // width of a stroke in the result, in pixels

// Whether the photo has MNIST's form: of that size, and at least half of the border is black.
bool is_ready(const Image& photo) {
  if (photo.shape != Shape{kSide, kSide, 1}) return false;
  Index border = 0, black = 0;
  for (Index i = 0; i < kSide * kSide; ++i) {
    const Index r = i / kSide, c = i % kSide;
    if (r > 0 && c > 0 && r < kSide - 1 && c < kSide - 1) continue;
    ++border;
    if (photo.pixels[static_cast<std::size_t>(i)] < kNearlyBlack) ++black;
  }
  return 2 * black >= border;
}

// The longer side becomes `side`, the other one follows; neither gets below 1.
Image resized_to_fit(const Image& image, Index side) {
  const Index longer = std::max(image.shape[0], image.shape[1]);
  const auto scaled = [&](Index n) { return std::max<Index>(1, (n * side + longer / 2) / longer); };
  return resized(image, scaled(image.shape[0]), scaled(image.shape[1]));
}

// ---- 5: pen ----

// The box around all pixels that are at least half ink (without any, the whole sheet), with a
// margin of that many pixels on each side.
Sheet cut_out(const Sheet& ink, Index margin) {
  Index top = ink.height, left = ink.width, bottom = 0, right = 0;  // the last two are outside
  for (Index r = 0; r < ink.height; ++r) {
    for (Index c = 0; c < ink.width; ++c) {
      if (ink.at(r, c) < 0.5f) continue;
      top = std::min(top, r);
      left = std::min(left, c);
      bottom = std::max(bottom, r + 1);
      right = std::max(right, c + 1);
    }
  }
  if (bottom == 0) {
    top = left = 0;
    bottom = ink.height;
    right = ink.width;
  }
  Sheet result(bottom - top + 2 * margin, right - left + 2 * margin);
  for (Index r = 0; r < result.height; ++r) {
    for (Index c = 0; c < result.width; ++c) {
      result.at(r, c) = ink.at(top + r - margin, left + c - margin);
    }
  }
  return result;
}

// The mean width of the strokes. A line of width w and length l has the area w·l. Along each of its
// two long sides the ink falls from 1 to 0, so Σ|slope| = 2·l, however soft the edge is.
double stroke_width(const Sheet& ink) {
  double area = 0, slopes = 0;
  for (Index r = 0; r < ink.height; ++r) {
    for (Index c = 0; c < ink.width; ++c) {
      const float value = ink.at(r, c);
      area += double{value};
      slopes += std::hypot(double{ink.at(r + 1, c) - value}, double{ink.at(r, c + 1) - value});
    }
  }
  return 2 * area / std::max(slopes, 1e-9);
}

// The ink as if the pen had been thicker by `radius` on each side.
Sheet thickened(const Sheet& ink, float radius) {
  const auto reach = static_cast<Index>(std::ceil(radius));
  Sheet result(ink.height + 2 * reach, ink.width + 2 * reach);
  for (Index dr = -reach; dr <= reach; ++dr) {
    for (Index dc = -reach; dc <= reach; ++dc) {
      // How much of the pixel at this distance the pen covers.
      const float distance = std::hypot(static_cast<float>(dr), static_cast<float>(dc));
      const float cover = std::clamp(radius + 1 - distance, 0.0f, 1.0f);
      for (Index r = 0; r < ink.height; ++r) {
        for (Index c = 0; c < ink.width; ++c) {
          float& target = result.at(reach + r + dr, reach + c + dc);
          target = std::max(target, cover * ink.at(r, c));
        }
      }
    }
  }
  return result;
}

// The digit alone, its strokes no thinner than the pen.
Sheet with_pen(const Sheet& ink) {
  const Sheet digit = cut_out(ink, 1);
  const auto longer = static_cast<double>(std::max(digit.height, digit.width) - 2);
  const double missing = kPen * longer / static_cast<double>(kBox) - stroke_width(digit);
  return cut_out(missing > 0 ? thickened(digit, static_cast<float>(missing / 2)) : digit, 0);
}

// ---- 6 and 7: size and place ----

Image fitted(const Sheet& ink) {
  Image image{{ink.height, ink.width, 1}, {}};
  for (const float value : ink.values) {
    image.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * value)));
  }
  return resized_to_fit(image, kBox);
}

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
  return centred(fitted(with_pen(ink_of(resized_to_fit(photo, kWorkingSide)))));
}

}  // namespace minitape
