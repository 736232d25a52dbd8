#include "canvas.hpp"

#include <algorithm>
#include <utility>

namespace minitape {
namespace {

float distance_to_segment(float x, float y, Point a, Point b) {
  const float dx = b.x - a.x, dy = b.y - a.y;
  const float length_squared = dx * dx + dy * dy;
  // Project onto the segment: t = 0 at a, 1 at b. The maximum is for a segment of no length.
  const float t = ((x - a.x) * dx + (y - a.y) * dy) / std::max(length_squared, 1e-12f);
  const float inside = std::clamp(t, 0.0f, 1.0f);
  const double across = x - a.x - inside * dx, down = y - a.y - inside * dy;
  return static_cast<float>(std::sqrt(across * across + down * down));
}

// The pixels [first, last) that the interval [low, high] touches.
std::pair<Index, Index> pixel_range(float low, float high, Index side) {
  return {std::clamp(static_cast<Index>(std::floor(low)), Index{0}, side),
          std::clamp(static_cast<Index>(std::ceil(high)), Index{0}, side)};
}

void draw_segment(Plane& coverage, Point a, Point b, float radius, float softness) {
  // No pixel outside this bounding box can be covered.
  const float reach = radius + softness / 2;
  const auto [left, right] = std::minmax(a.x, b.x);
  const auto [top, bottom] = std::minmax(a.y, b.y);
  const auto columns = pixel_range(left - reach, right + reach, coverage.side);
  const auto rows = pixel_range(top - reach, bottom + reach, coverage.side);
  for (Index r = rows.first; r < rows.second; ++r) {
    float* row = coverage.row(r);
    for (Index c = columns.first; c < columns.second; ++c) {
      const float x = static_cast<float>(c) + 0.5f, y = static_cast<float>(r) + 0.5f;
      const float distance = distance_to_segment(x, y, a, b);
      const float ink = std::clamp(0.5f + (radius - distance) / softness, 0.0f, 1.0f);
      row[c] = std::max(row[c], ink);
    }
  }
}

// Where the closed line crosses the horizontal line at height y, from left to right.
void find_crossings(const Line& outline, float y, std::vector<float>& crossings) {
  crossings.clear();
  Point a = outline.back();
  for (const Point b : outline) {
    if ((a.y <= y) != (b.y <= y)) crossings.push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
    a = b;
  }
  std::sort(crossings.begin(), crossings.end());
}

}  // namespace

Line placed(const Line& figure, const Placement& placement) {
  const float c = cosine(placement.angle), s = sine(placement.angle);
  Line result;
  for (const Point p : figure) {
    const float x = placement.width * (p.x + placement.slant * p.y), y = placement.height * p.y;
    result.push_back({placement.centre.x + c * x - s * y, placement.centre.y + s * x + c * y});
  }
  return result;
}

Line curve_through(const Line& points) {
  constexpr int kPiecesPerSpan = 4;
  Line result = {points.front()};
  const std::size_t last = points.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    // From p1 to p2; their neighbours p0 and p3 give the directions. The first and the last point
    // stand in for the neighbour that they lack.
    const Point p0 = points[i == 0 ? 0 : i - 1], p1 = points[i];
    const Point p2 = points[i + 1], p3 = points[std::min(i + 2, last)];
    for (int piece = 1; piece <= kPiecesPerSpan; ++piece) {
      const float t = static_cast<float>(piece) / kPiecesPerSpan;
      // Blend the four points with the Catmull-Rom weights at t, which add up to 1.
      const float w0 = -0.5f * t * (1 - t) * (1 - t);
      const float w1 = 1 + t * t * (1.5f * t - 2.5f);
      const float w2 = t * (0.5f + t * (2 - 1.5f * t));
      const float w3 = 0.5f * t * t * (t - 1);
      result.push_back({w0 * p0.x + w1 * p1.x + w2 * p2.x + w3 * p3.x,
                        w0 * p0.y + w1 * p1.y + w2 * p2.y + w3 * p3.y});
    }
  }
  return result;
}

void draw_line(Plane& coverage, const Line& line, float radius, float softness) {
  for (std::size_t i = 1; i < line.size(); ++i) {
    draw_segment(coverage, line[i - 1], line[i], radius, softness);
  }
}

void fill_outline(Plane& coverage, const Line& outline) {
  // Average over four slices of each pixel row; along a slice the covered length is exact.
  constexpr int kSlices = 4;
  const auto [top, bottom] = std::ranges::minmax_element(outline, {}, &Point::y);
  const auto rows = pixel_range(top->y, bottom->y, coverage.side);
  std::vector<float> crossings;
  std::vector<float> covered(static_cast<std::size_t>(coverage.side));
  for (Index r = rows.first; r < rows.second; ++r) {
    std::fill(covered.begin(), covered.end(), 0.0f);
    for (int slice = 0; slice < kSlices; ++slice) {
      const float offset = (static_cast<float>(slice) + 0.5f) / kSlices;
      find_crossings(outline, static_cast<float>(r) + offset, crossings);
      // From the first crossing to the second is inside, from the second to the third outside, …
      for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {
        const float begin = crossings[i], end = crossings[i + 1];
        const auto columns = pixel_range(begin, end, coverage.side);
        for (Index c = columns.first; c < columns.second; ++c) {
          const float left = std::max(begin, static_cast<float>(c));
          const float right = std::min(end, static_cast<float>(c + 1));
          covered[static_cast<std::size_t>(c)] += (right - left) / kSlices;
        }
      }
    }
    float* row = coverage.row(r);
    for (Index c = 0; c < coverage.side; ++c) {
      row[c] = std::max(row[c], covered[static_cast<std::size_t>(c)]);
    }
  }
}

float between(Random& random, float low, float high) {
  return static_cast<float>(random.uniform(low, high));
}

Point random_point(Random& random, float low, float high) {
  return {between(random, low, high), between(random, low, high)};
}

float quick_normal(Random& random) {
  const std::uint32_t b = random.bits();
  const std::uint32_t sum = (b & 255) + ((b >> 8) & 255) + ((b >> 16) & 255) + (b >> 24);
  // A random byte has mean 127.5 and variance (256² − 1) / 12; the sum of four has four times both.
  constexpr float kMean = 510.0f, kDeviation = 147.801f;
  return (static_cast<float>(sum) - kMean) / kDeviation;
}

std::uint8_t to_byte(float brightness) {
  return static_cast<std::uint8_t>(std::clamp(brightness, 0.0f, 1.0f) * 255 + 0.5f);
}

}  // namespace minitape
