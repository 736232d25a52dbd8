// Photos of digits on paper, drawn for tests: polylines by a round pen, in uneven light, with
// noise. The figures and the pen have nothing in common with those of the `digits` data set.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "minitape/core/random.hpp"
#include "minitape/data/image.hpp"

namespace minitape {

/// How a photo is taken. Brightness and noise are in bytes, lengths in parts of what they say.
struct PhotoStyle {
  Index height = 200, width = 200;
  double size = 0.6;                // the digit's height, of the photo's shorter side
  double pen = 0.12;                // the stroke's width, of the digit's height
  double angle = 0;                 // degrees, clockwise
  double shift_x = 0, shift_y = 0;  // of the digit's middle, of the photo's width and height
  double paper = 210, ink = 40;
  double slope_x = 0, slope_y = 0;  // of the light: 0.6 means 30 % more and less at the ends
  double noise = 0;
};

namespace drawn {

struct Point {
  double x, y;
};
using Line = std::vector<Point>;

/// Appends a part of an ellipse; degrees clockwise, 0 is right, -90 above.
inline void add_arc(Line& line, Point centre, double rx, double ry, double from, double to) {
  constexpr int kPieces = 24;
  for (int i = 0; i <= kPieces; ++i) {
    const double a = (from + (to - from) * i / kPieces) * std::numbers::pi / 180;
    line.push_back({centre.x + rx * std::cos(a), centre.y + ry * std::sin(a)});
  }
}

/// The strokes of a digit in a box from (0, 0) to (1, 1), y downwards.
inline std::vector<Line> strokes(int digit) {
  Line a, b;
  switch (digit) {
    case 0:
      add_arc(a, {0.5, 0.5}, 0.28, 0.45, -90, 270);
      break;
    case 1:
      a = {{0.38, 0.25}, {0.55, 0.05}, {0.55, 0.95}};
      break;
    case 2:
      add_arc(a, {0.5, 0.3}, 0.26, 0.25, -170, 15);
      a.insert(a.end(), {{0.62, 0.55}, {0.24, 0.94}, {0.8, 0.94}});
      break;
    case 3:
      add_arc(a, {0.47, 0.28}, 0.24, 0.23, -150, 90);
      add_arc(a, {0.47, 0.73}, 0.27, 0.22, -90, 150);
      break;
    case 4:
      a = {{0.58, 0.05}, {0.2, 0.64}, {0.82, 0.64}};
      b = {{0.63, 0.36}, {0.61, 0.96}};
      break;
    case 5:
      a = {{0.74, 0.06}, {0.32, 0.06}, {0.28, 0.46}};
      add_arc(a, {0.47, 0.68}, 0.27, 0.26, -130, 145);
      break;
    case 6:
      a = {{0.64, 0.05}, {0.44, 0.22}, {0.31, 0.44}, {0.26, 0.7}};
      add_arc(a, {0.5, 0.71}, 0.24, 0.23, 180, 540);
      break;
    case 7:
      a = {{0.22, 0.07}, {0.78, 0.07}, {0.42, 0.95}};
      break;
    case 8:
      add_arc(a, {0.5, 0.28}, 0.21, 0.22, 90, 450);
      add_arc(a, {0.5, 0.73}, 0.26, 0.23, -90, 270);
      break;
    default:
      add_arc(a, {0.5, 0.3}, 0.23, 0.24, 0, 360);
      a.insert(a.end(), {{0.71, 0.6}, {0.62, 0.95}});
  }
  return b.empty() ? std::vector<Line>{a} : std::vector<Line>{a, b};
}

inline double distance_to_piece(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double along = length > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length : 0;
  const double t = std::clamp(along, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

inline double distance_to(const std::vector<Line>& lines, Point p) {
  double distance = 1e9;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      distance = std::min(distance, distance_to_piece(p, line[i], line[i + 1]));
    }
  }
  return distance;
}

/// The strokes in pixels of the photo.
inline std::vector<Line> placed_strokes(int digit, const PhotoStyle& style) {
  const auto height = static_cast<double>(style.height), width = static_cast<double>(style.width);
  const double size = style.size * std::min(height, width);
  const double angle = style.angle * std::numbers::pi / 180;
  std::vector<Line> lines = strokes(digit);
  for (Line& line : lines) {
    for (Point& p : line) {
      const double x = size * (p.x - 0.5), y = size * (p.y - 0.5);
      p = {width * (0.5 + style.shift_x) + x * std::cos(angle) - y * std::sin(angle),
           height * (0.5 + style.shift_y) + x * std::sin(angle) + y * std::cos(angle)};
    }
  }
  return lines;
}

}  // namespace drawn

/// A photo (height, width, 1) of a digit; digit -1 is a blank sheet.
inline Image photo_of(int digit, const PhotoStyle& style = {}) {
  const std::vector<drawn::Line> lines =
      digit < 0 ? std::vector<drawn::Line>{} : drawn::placed_strokes(digit, style);
  const auto height = static_cast<double>(style.height), width = static_cast<double>(style.width);
  const double radius = style.pen * style.size * std::min(height, width) / 2;
  Random random = stream(1, "photo");
  Image photo{{style.height, style.width, 1}, {}};
  for (Index r = 0; r < style.height; ++r) {
    for (Index c = 0; c < style.width; ++c) {
      const drawn::Point p{static_cast<double>(c) + 0.5, static_cast<double>(r) + 0.5};
      const double ink = std::clamp(radius + 0.5 - drawn::distance_to(lines, p), 0.0, 1.0);
      const double light =
          1 + style.slope_x * (p.x / width - 0.5) + style.slope_y * (p.y / height - 0.5);
      const double value = (style.paper + (style.ink - style.paper) * ink) * light +
                           (style.noise > 0 ? style.noise * random.normal() : 0);
      photo.pixels.push_back(static_cast<std::uint8_t>(std::clamp(std::round(value), 0.0, 255.0)));
    }
  }
  return photo;
}

}  // namespace minitape
