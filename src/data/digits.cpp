// The digits: ten figures of pen strokes, each image written by a different hand.
//
//   strokes → smooth warp → turn, scale, slant, shift → pen of some width → contrast and noise
//
// The ranges make the set neither trivial nor hopeless. Shifts and turns defeat a linear
// classifier; noise, low contrast and stray strokes keep a small convolutional network from being
// perfect after an epoch or two. People can read nearly all digits.
#include <algorithm>
#include <utility>

#include "canvas.hpp"

namespace minitape {
namespace {

// Digits are described on a sheet 60 wide and 100 high, y downwards.
constexpr float kSheetWidth = 60, kSheetHeight = 100;

struct Stroke {
  bool curved;  // a smooth line through the points; otherwise straight from one to the next
  Line points;  // on the sheet
};
using Glyph = std::vector<Stroke>;

// The ways to write each digit, [digit][style].
const std::vector<std::vector<Glyph>>& glyphs() {
  constexpr bool kCurved = true, kStraight = false;
  // clang-format off
  static const std::vector<std::vector<Glyph>> table = {
      {  // 0
          {{kCurved, {{30, 0}, {8, 15}, {0, 50}, {8, 85}, {30, 100}, {52, 85}, {60, 50}, {52, 15},
                      {30, 0}}}}},
      {  // 1: a bar; with a flag; with a flag and a foot
          {{kStraight, {{30, 0}, {30, 100}}}},
          {{kStraight, {{12, 25}, {36, 0}, {36, 100}}}},
          {{kStraight, {{10, 22}, {32, 0}, {32, 100}}}, {kStraight, {{10, 100}, {54, 100}}}}},
      {  // 2
          {{kCurved, {{3, 25}, {13, 5}, {34, 0}, {55, 15}, {52, 40}, {30, 68}, {0, 100}}},
           {kStraight, {{0, 100}, {60, 100}}}}},
      {  // 3: round; with a flat top
          {{kCurved, {{5, 13}, {28, 0}, {52, 10}, {50, 36}, {23, 48}}},
           {kCurved, {{23, 48}, {53, 58}, {58, 80}, {35, 100}, {3, 89}}}},
          {{kStraight, {{5, 0}, {54, 0}, {26, 40}}},
           {kCurved, {{26, 40}, {52, 50}, {58, 76}, {36, 100}, {3, 90}}}}},
      {  // 4: open; closed
          {{kStraight, {{10, 0}, {3, 60}, {60, 60}}}, {kStraight, {{46, 20}, {44, 100}}}},
          {{kStraight, {{43, 100}, {43, 0}, {0, 68}, {60, 68}}}}},
      {  // 5
          {{kStraight, {{56, 0}, {11, 0}, {7, 46}}},
           {kCurved, {{7, 46}, {33, 38}, {58, 56}, {53, 87}, {28, 100}, {2, 90}}}}},
      {  // 6
          {{kCurved, {{48, 0}, {20, 24}, {3, 60}, {8, 90}, {30, 100}, {55, 89}, {55, 62}, {33, 50},
                      {5, 70}}}}},
      {  // 7: plain; with a bar
          {{kStraight, {{2, 0}, {58, 0}, {22, 100}}}},
          {{kStraight, {{2, 0}, {58, 0}, {24, 100}}}, {kStraight, {{16, 50}, {58, 50}}}}},
      {  // 8
          {{kCurved, {{30, 47}, {9, 32}, {10, 10}, {30, 0}, {50, 10}, {51, 32}, {30, 47}, {5, 68},
                      {7, 91}, {30, 100}, {53, 91}, {55, 68}, {30, 47}}}}},
      {  // 9: straight down; with a hook
          {{kCurved, {{54, 24}, {45, 5}, {26, 0}, {5, 16}, {8, 42}, {28, 50}, {48, 41}, {54, 24}}},
           {kStraight, {{54, 24}, {49, 100}}}},
          {{kCurved, {{54, 24}, {45, 5}, {26, 0}, {5, 16}, {8, 42}, {28, 50}, {48, 41}, {54, 24},
                      {55, 60}, {45, 92}, {18, 99}}}}}};
  // clang-format on
  return table;
}

struct Wave {
  float amplitude, frequency, phase;
  float at(float t) const { return amplitude * sine(frequency * t + phase); }
};

Wave random_wave(Random& random) {
  return {between(random, 0, 0.24f), between(random, 1.5f, 3.5f), between(random, 0, 2 * kPi)};
}

// The strokes of a digit in one of its styles: x about −0.6 … 0.6, y about −1 … 1. Two sine waves
// bend the sheet: strokes that meet still meet, and straight ones become curved.
std::vector<Line> write_digit(Random& random, int digit) {
  const std::vector<Glyph>& styles = glyphs()[static_cast<std::size_t>(digit)];
  const Index style = random.below(static_cast<Index>(styles.size()));
  const Wave across = random_wave(random), down = random_wave(random);
  std::vector<Line> lines;
  for (const Stroke& stroke : styles[static_cast<std::size_t>(style)]) {
    Line points = stroke.points;
    for (Point& p : points) {
      const float x = (2 * p.x - kSheetWidth) / kSheetHeight;
      const float y = (2 * p.y - kSheetHeight) / kSheetHeight;
      p = {x + across.at(y), y + down.at(x)};
    }
    lines.push_back(stroke.curved ? curve_through(points) : points);
  }
  return lines;
}

Placement digit_placement(Random& random) {
  const float size = between(random, 6.5f, 10.5f);  // half the height in pixels
  const float middle = static_cast<float>(kDigitSide) / 2;
  return {.centre = {middle + between(random, -3, 3), middle + between(random, -2.5f, 2.5f)},
          .width = size * between(random, 0.75f, 1.2f),
          .height = size,
          .angle = between(random, -0.3f, 0.3f),
          .slant = between(random, -0.3f, 0.3f)};
}

// Short strokes at the edges of the image, as of neighbouring digits that were cut off.
void draw_stray_strokes(Random& random, Plane& coverage, float radius) {
  const Index count = random.below(4);
  for (Index i = 0; i < count; ++i) {
    const float side = static_cast<float>(kDigitSide);
    Point from = {random.chance(0.5) ? 0 : side, between(random, 0, side)};  // left or right
    if (random.chance(0.5)) std::swap(from.x, from.y);                       // top or bottom
    const Point to = {from.x + between(random, -8, 8), from.y + between(random, -8, 8)};
    draw_line(coverage, {from, to}, radius);
  }
}

// Light ink on a dark, unevenly lit sheet, with noise on every pixel. `ink` and `stray` are
// coverages [28, 28]; stray strokes are fainter than the digit.
void develop(Random& random, const Plane& ink, const Plane& stray, std::span<std::uint8_t> pixels) {
  const float paper = between(random, 0, 0.2f), light = between(random, 0.5f, 1);
  const float stray_light = light * between(random, 0.3f, 0.9f);
  const float slope_x = between(random, -0.15f, 0.15f) / kDigitSide;
  const float slope_y = between(random, -0.15f, 0.15f) / kDigitSide;
  const float noise = between(random, 0.02f, 0.14f);
  for (Index r = 0; r < kDigitSide; ++r) {
    for (Index c = 0; c < kDigitSide; ++c) {
      const auto i = static_cast<std::size_t>(r * kDigitSide + c);
      const float sheet = paper + slope_x * static_cast<float>(c - kDigitSide / 2) +
                          slope_y * static_cast<float>(r - kDigitSide / 2);
      const float writing = std::max(light * ink.values[i], stray_light * stray.values[i]);
      pixels[i] = to_byte(sheet + (1 - paper) * writing + noise * quick_normal(random));
    }
  }
}

}  // namespace

void draw_digit(Random& random, int digit, std::span<std::uint8_t> pixels) {
  const float radius = between(random, 0.7f, 1.5f), softness = between(random, 0.8f, 1.8f);
  const Placement placement = digit_placement(random);
  Plane ink(kDigitSide), stray(kDigitSide);  // [28, 28]
  for (const Line& line : write_digit(random, digit)) {
    draw_line(ink, placed(line, placement), radius, softness);
  }
  draw_stray_strokes(random, stray, radius);
  develop(random, ink, stray, pixels);
}

}  // namespace minitape
