// Drawing for the synthetic sets: lines become coverage, coverage becomes pixels.
//
// A figure is a list of points in coordinates of its own, about −1 … 1, y downwards. `placed`
// scales, turns and moves it onto the image, where pixel (row, column) is the unit square that
// starts at x = column, y = row. Drawing writes coverage, how much of each pixel is inside, 0 … 1:
// so edges are smooth wherever they lie.
//
//   pen       coverage = clamp(½ + (radius − distance to the line) / softness)
//   outline   coverage = area of the pixel inside a closed line, by the even-odd rule
//
// Everything is float, whatever Real is, so that pictures are the same in both builds. C libraries
// differ in the last bit of sines and distances in float: in double, rounded, they hardly ever do.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "minitape/core/random.hpp"

namespace minitape {

inline constexpr float kPi = std::numbers::pi_v<float>;

inline float sine(float x) { return static_cast<float>(std::sin(static_cast<double>(x))); }
inline float cosine(float x) { return static_cast<float>(std::cos(static_cast<double>(x))); }

struct Point {
  float x = 0, y = 0;
};
using Line = std::vector<Point>;  // straight pieces from point to point

/// A square plane of floats: element (row, column) lies at row·side + column.
struct Plane {
  explicit Plane(Index side_length, float value = 0)
      : side(side_length), values(static_cast<std::size_t>(side * side), value) {}
  float* row(Index r) { return values.data() + r * side; }

  Index side;
  std::vector<float> values;  // [side, side]
};

/// Where a figure goes: p ↦ centre + rotate(angle) · (width·(x + slant·y), height·y).
struct Placement {
  Point centre;                 // pixels
  float width = 1, height = 1;  // pixels per unit
  float angle = 0;              // radians, clockwise as seen
  float slant = 0;              // how far the top leans to the left
};
Line placed(const Line& figure, const Placement& placement);

/// A smooth line through all of `points` (Catmull-Rom spline), as straight pieces.
Line curve_through(const Line& points);

/// Raises `coverage` to that of a round pen that follows the line. Its radius and its softness (the
/// width of its edge) are in pixels.
void draw_line(Plane& coverage, const Line& line, float radius, float softness = 1);

/// Raises `coverage` to that of the area inside the outline; its end is joined to its start.
void fill_outline(Plane& coverage, const Line& outline);

/// Uniform in [low, high), the point in both coordinates.
float between(Random& random, float low, float high);
Point random_point(Random& random, float low, float high);

/// Roughly normal with mean 0 and variance 1, in a tenth of the time: a sum of four random bytes.
float quick_normal(Random& random);

/// Brightness is clamped to 0 … 1.
std::uint8_t to_byte(float brightness);

// ---- The pictures, in digits.cpp and shapes.cpp ----

inline constexpr Index kDigitSide = 28, kShapeSide = 32;

/// One image of a class, into bytes [28, 28] or [32, 32, 3].
void draw_digit(Random& random, int digit, std::span<std::uint8_t> pixels);
void draw_shape(Random& random, int kind, std::span<std::uint8_t> pixels);
std::vector<std::string> shape_names();

}  // namespace minitape
