// The ink of a photo: steps 1 to 4 of digit_photo.hpp.
#include "minitape/tools/digit_photo.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace minitape {
namespace {

// The value below which that part of all values lies; for 0.5 the median.
float quantile(std::vector<float> values, double part) {
  const auto position = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + position, values.end());
  return values[static_cast<std::size_t>(position)];
}

// ---- 1: paper ----

// Subtracts the brightness of the paper, which is taken to be a smooth surface:
//
//   paper(x, y) = a₀ + a₁·x + a₂·y + a₃·(x² − ½) + a₄·x·y + a₅·(y² − ½)     x and y from −1 to 1
//
// with the a that make Σ |pixel − paper| smallest. Squares would pull the surface towards the ink;
// for absolute values it does not matter how far off the ink is, just as for a median.
void subtract_paper(Sheet& sheet) {
  struct Pixel {
    std::array<float, 6> terms;
    float outside;  // 0 in the middle, 1 at the border
    float left;     // pixel − paper
    float weight = 1;
  };
  std::vector<Pixel> pixels;
  for (Index r = 0; r < sheet.height; ++r) {
    for (Index c = 0; c < sheet.width; ++c) {
      const float x = static_cast<float>(2 * c + 1) / static_cast<float>(sheet.width) - 1;
      const float y = static_cast<float>(2 * r + 1) / static_cast<float>(sheet.height) - 1;
      pixels.push_back({.terms = {1, x, y, x * x - 0.5f, x * y, y * y - 0.5f},
                        .outside = std::max(x * x, y * y),
                        .left = sheet.at(r, c)});
    }
  }
  // |d| = d² / |d|: minimize weighted squares, with the weights 1 / |d| of the round before. Pixels
  // near the border count most, because the digit is in the middle.
  constexpr int kRounds = 15;
  constexpr float kClose = 0.5f;  // bytes; smaller distances all count like this one
  for (int round = 0; round < kRounds; ++round) {
    // One factor at a time: the terms are nearly orthogonal and hardly disturb each other.
    for (std::size_t k = 0; k < 6; ++k) {
      double product = 0, square = 0;
      for (const Pixel& pixel : pixels) {
        const float weighted = pixel.weight * pixel.terms[k];
        product += double{weighted * pixel.left};
        square += double{weighted * pixel.terms[k]};
      }
      if (square == 0) continue;  // x or y is 0 everywhere: a picture of one column or row
      const auto a = static_cast<float>(product / square);
      for (Pixel& pixel : pixels) pixel.left -= a * pixel.terms[k];
    }
    for (Pixel& pixel : pixels) {
      pixel.weight = pixel.outside / std::max(std::abs(pixel.left), kClose);
    }
  }
  for (std::size_t i = 0; i < pixels.size(); ++i) sheet.values[i] = pixels[i].left;
}

// ---- 2 and 3: ink and contrast ----

// Differences from the paper -> ink from 0 to 1. The constants are explained in digit_photo.cpp.
void find_ink(Sheet& sheet) {
  constexpr float kLeastContrast = 16;  // of ink and paper, in bytes; less is not ink
  constexpr double kRare = 0.002;       // the most extreme fifth of a percent may be dust

  // Ink is darker or lighter than the paper, whichever stands out more; make it positive.
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

// ---- 4: specks ----

// Erases the pieces (connected pixels) that have much less ink than the largest one.
void remove_specks(Sheet& sheet) {
  constexpr double kSpeck = 0.05;  // a part of the largest piece's ink
  struct Piece {
    double ink = 0;
    std::vector<std::pair<Index, Index>> pixels;  // row, column
  };
  // Collect the pieces: start at any pixel with ink and go on to its neighbours with ink.
  Sheet unseen = sheet;
  const auto visit = [&](Piece& piece, Index r, Index c) {
    const float ink = std::as_const(unseen).at(r, c);
    if (ink == 0) return;
    unseen.at(r, c) = 0;
    piece.ink += double{ink};
    piece.pixels.emplace_back(r, c);
  };
  std::vector<Piece> pieces;
  double most = 0;
  for (Index start = 0; start < sheet.height * sheet.width; ++start) {
    Piece piece;
    visit(piece, start / sheet.width, start % sheet.width);
    for (std::size_t i = 0; i < piece.pixels.size(); ++i) {  // visit() appends to it
      const auto [r, c] = piece.pixels[i];
      for (Index n = 0; n < 9; ++n) visit(piece, r + n / 3 - 1, c + n % 3 - 1);
    }
    most = std::max(most, piece.ink);
    if (!piece.pixels.empty()) pieces.push_back(std::move(piece));
  }
  for (const Piece& piece : pieces) {
    if (piece.ink >= kSpeck * most) continue;
    for (const auto& [r, c] : piece.pixels) sheet.at(r, c) = 0;
  }
}

}  // namespace

Sheet ink_of(const Image& photo) {
  Sheet sheet(photo.shape[0], photo.shape[1]);
  std::copy(photo.pixels.begin(), photo.pixels.end(), sheet.values.begin());
  subtract_paper(sheet);
  find_ink(sheet);
  remove_specks(sheet);
  return sheet;
}

}  // namespace minitape
