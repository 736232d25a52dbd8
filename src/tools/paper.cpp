#include "paper.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace minitape {
namespace {

// ---- The paper: a smooth surface ----
//
//   paper(x, y) = a₀ + a₁·x + a₂·y + a₃·x² + a₄·x·y + a₅·y²      with x and y from −1 to 1
//
// with the a that make Σ|pixel − paper| smallest. Squares would pull the surface towards the ink;
// of absolute values it does not matter how far off the ink is, just as for a median.

constexpr std::size_t kTerms = 6;
using Terms = std::array<double, kTerms>;

// 1, x, y, x², x·y and y² of every pixel.
std::vector<Terms> terms_of_pixels(Index height, Index width) {
  const auto from_minus_one = [](Index i, Index n) {
    return (2 * static_cast<double>(i) + 1) / static_cast<double>(n) - 1;
  };
  std::vector<Terms> terms;
  for (Index i = 0; i < height * width; ++i) {
    const double x = from_minus_one(i % width, width), y = from_minus_one(i / width, height);
    terms.push_back({1, x, y, x * x, x * y, y * y});
  }
  return terms;
}

double sum_of(const Terms& factors, const Terms& terms) {
  double sum = 0;
  for (std::size_t i = 0; i < kTerms; ++i) sum += factors[i] * terms[i];
  return sum;
}

// Solves Σ_j matrix[i][j]·a[j] = right[i] by elimination. No pivot is 0, because the matrix is a
// sum of terms·termsᵀ with a little added to its diagonal.
Terms solve(std::array<Terms, kTerms> matrix, Terms right) {
  for (std::size_t k = 0; k < kTerms; ++k) {
    for (std::size_t i = k + 1; i < kTerms; ++i) {
      const double factor = matrix[i][k] / matrix[k][k];
      for (std::size_t j = k; j < kTerms; ++j) matrix[i][j] -= factor * matrix[k][j];
      right[i] -= factor * right[k];
    }
  }
  Terms a{};
  for (std::size_t k = kTerms; k-- > 0;) {
    a[k] = right[k];
    for (std::size_t j = k + 1; j < kTerms; ++j) a[k] -= matrix[k][j] * a[j];
    a[k] /= matrix[k][k];
  }
  return a;
}

// The a that make Σ weight·(value − paper)² smallest.
Terms fit(const std::vector<float>& values, const std::vector<double>& weights,
          const std::vector<Terms>& terms) {
  std::array<Terms, kTerms> matrix{};
  Terms right{};
  for (std::size_t i = 0; i < kTerms; ++i) matrix[i][i] = 1e-9;
  for (std::size_t p = 0; p < weights.size(); ++p) {
    for (std::size_t i = 0; i < kTerms; ++i) {
      const double weighted = weights[p] * terms[p][i];
      right[i] += weighted * double{values[p]};
      for (std::size_t j = 0; j < kTerms; ++j) matrix[i][j] += weighted * terms[p][j];
    }
  }
  return solve(matrix, right);
}

}  // namespace

void subtract_paper(Sheet& sheet) {
  // |d| = d² / |d|: fit squares again and again, weighted by 1 / |d| of the round before. Pixels
  // near the border count most: the digit is in the middle.
  constexpr int kRounds = 15;
  constexpr double kClose = 0.5;  // bytes; smaller distances all count like this one
  const std::vector<Terms> terms = terms_of_pixels(sheet.height, sheet.width);
  std::vector<double> weights(terms.size(), 1.0), left(terms.size());
  for (int round = 0; round < kRounds; ++round) {
    const Terms a = fit(sheet.values, weights, terms);
    for (std::size_t p = 0; p < terms.size(); ++p) {
      left[p] = double{sheet.values[p]} - sum_of(a, terms[p]);
      const double outside =
          std::max(terms[p][3], terms[p][5]);  // 0 in the middle, 1 at the border
      weights[p] = outside / std::max(std::abs(left[p]), kClose);
    }
  }
  std::transform(left.begin(), left.end(), sheet.values.begin(),
                 [](double value) { return static_cast<float>(value); });
}

// ---- Pixels ----

Sheet to_sheet(const Image& image) {
  Sheet sheet(image.shape[0], image.shape[1]);
  std::copy(image.pixels.begin(), image.pixels.end(), sheet.values.begin());
  return sheet;
}

Image to_image(const Sheet& ink) {
  Image image{{ink.height, ink.width, 1}, {}};
  for (const float value : ink.values) {
    image.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * value)));
  }
  return image;
}

float quantile(std::vector<float> values, double part) {
  const auto position = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + position, values.end());
  return values[static_cast<std::size_t>(position)];
}

// ---- Pieces ----

void remove_specks(Sheet& ink, double part) {
  // Collect the pieces: start at any pixel with ink and go on to its neighbours with ink.
  struct Piece {
    double ink = 0;
    std::vector<std::pair<Index, Index>> pixels;  // row, column
  };
  std::vector<Piece> pieces;
  std::vector<bool> seen(ink.values.size());
  const auto visit = [&](Piece& piece, Index r, Index c) {
    if (r < 0 || c < 0 || r >= ink.height || c >= ink.width || ink.at(r, c) == 0) return;
    const auto i = static_cast<std::size_t>(r * ink.width + c);
    if (seen[i]) return;
    seen[i] = true;
    piece.ink += double{ink.at(r, c)};
    piece.pixels.emplace_back(r, c);
  };
  double most = 0;
  for (Index start = 0; start < ink.height * ink.width; ++start) {
    Piece piece;
    visit(piece, start / ink.width, start % ink.width);
    for (std::size_t i = 0; i < piece.pixels.size(); ++i) {  // visit() appends to it
      const auto [r, c] = piece.pixels[i];
      for (Index n = 0; n < 9; ++n) visit(piece, r + n / 3 - 1, c + n % 3 - 1);
    }
    most = std::max(most, piece.ink);
    if (!piece.pixels.empty()) pieces.push_back(std::move(piece));
  }
  // Erase the small ones.
  for (const Piece& piece : pieces) {
    if (piece.ink >= part * most) continue;
    for (const auto& [r, c] : piece.pixels) ink.at(r, c) = 0;
  }
}

// ---- Boxes ----

Box bounding_box(const Sheet& ink) {
  Box box{ink.height, ink.width, 0, 0};
  for (Index r = 0; r < ink.height; ++r) {
    for (Index c = 0; c < ink.width; ++c) {
      if (ink.at(r, c) < 0.5f) continue;
      box = {std::min(box.top, r), std::min(box.left, c), std::max(box.bottom, r + 1),
             std::max(box.right, c + 1)};
    }
  }
  return box.bottom > 0 ? box : Box{0, 0, ink.height, ink.width};
}

Sheet with_margin(const Sheet& ink, const Box& box, Index margin) {
  Sheet result(box.height() + 2 * margin, box.width() + 2 * margin);
  for (Index r = 0; r < result.height; ++r) {
    for (Index c = 0; c < result.width; ++c) {
      const Index from_r = box.top + r - margin, from_c = box.left + c - margin;
      const bool inside = from_r >= 0 && from_c >= 0 && from_r < ink.height && from_c < ink.width;
      result.at(r, c) = inside ? ink.at(from_r, from_c) : 0;
    }
  }
  return result;
}

Sheet thickened(const Sheet& ink, float radius) {
  Sheet result(ink.height, ink.width);
  const auto reach = static_cast<Index>(std::ceil(radius));
  for (Index dr = -reach; dr <= reach; ++dr) {
    for (Index dc = -reach; dc <= reach; ++dc) {
      // How much of the pixel at this distance the pen covers.
      const float distance = std::hypot(static_cast<float>(dr), static_cast<float>(dc));
      const float cover = std::clamp(radius + 1 - distance, 0.0f, 1.0f);
      const Index last_r = ink.height - std::max<Index>(0, dr);
      const Index last_c = ink.width - std::max<Index>(0, dc);
      for (Index r = std::max<Index>(0, -dr); r < last_r; ++r) {
        for (Index c = std::max<Index>(0, -dc); c < last_c; ++c) {
          result.at(r, c) = std::max(result.at(r, c), cover * ink.at(r + dr, c + dc));
        }
      }
    }
  }
  return result;
}

}  // namespace minitape
