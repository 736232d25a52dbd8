// The shapes: ten kinds of outline, filled with a texture, on a cluttered background.
//
//   outline → turn, scale, slant, shift → coverage → texture laid over a cluttered background
//
// Colours and textures are drawn in the same way for all ten kinds, so only the outline tells the
// class: a network has to learn edges and corners, and how they lie to each other.
#include <array>
#include <cmath>

#include "canvas.hpp"

namespace minitape {
namespace {

// Points on an ellipse, from one angle to another (both included).
Line arc(int points, Point centre, float radius_x, float radius_y, float from, float to) {
  Line result;
  for (int i = 0; i < points; ++i) {
    const float angle = from + (to - from) * static_cast<float>(i) / static_cast<float>(points - 1);
    result.push_back(
        {centre.x + radius_x * std::cos(angle), centre.y + radius_y * std::sin(angle)});
  }
  return result;
}

Line joined(Line first, const Line& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Five tips and five notches in turn; the notches are nearer to the centre.
Line star() {
  Line result = arc(11, {0, 0}, 1.15f, 1.15f, 0, 2 * kPi);
  for (std::size_t i = 1; i < result.size(); i += 2) {
    result[i] = {0.4f * result[i].x, 0.4f * result[i].y};
  }
  return result;
}

// x = sin³ t, y = 13 cos t − 5 cos 2t − 2 cos 3t − cos 4t with y upwards, scaled to −1 … 1.
Line heart() {
  constexpr int kPoints = 28;
  Line result;
  for (int i = 0; i < kPoints; ++i) {
    const float t = 2 * kPi * static_cast<float>(i) / kPoints;
    const float x = std::sin(t) * std::sin(t) * std::sin(t);
    const float y = 13 * std::cos(t) - 5 * std::cos(2 * t) - 2 * std::cos(3 * t) - std::cos(4 * t);
    result.push_back({1.05f * x, -y / 15});
  }
  return result;
}

struct Kind {
  std::string name;
  Line outline;  // closed, about −1 … 1
};

const std::vector<Kind>& kinds() {
  // clang-format off
  static const std::vector<Kind> table = {
      {"circle", arc(29, {0, 0}, 0.9f, 0.9f, 0, 2 * kPi)},
      {"ellipse", arc(29, {0, 0}, 1.15f, 0.55f, 0, 2 * kPi)},
      // The outline goes to the inner circle and back on the same line, which has no area.
      {"ring", joined(arc(29, {0, 0}, 1, 1, 0, 2 * kPi), arc(29, {0, 0}, 0.5f, 0.5f, 0, 2 * kPi))},
      // Along a circle from tip to tip, back along a flatter ellipse; the tips are at (½, ±√¾).
      {"crescent", joined(arc(20, {0, 0}, 1, 1, kPi / 3, 5 * kPi / 3),
                          arc(16, {0.5f, 0}, 0.75f, std::sqrt(0.75f), -kPi / 2, -3 * kPi / 2))},
      {"heart", heart()},
      {"triangle", arc(4, {0, 0}, 1.15f, 1.15f, 0, 2 * kPi)},
      {"square", arc(5, {0, 0}, 1.1f, 1.1f, 0, 2 * kPi)},
      {"star", star()},
      {"cross", {{-0.35f, -1}, {0.35f, -1}, {0.35f, -0.35f}, {1, -0.35f}, {1, 0.35f},
                 {0.35f, 0.35f}, {0.35f, 1}, {-0.35f, 1}, {-0.35f, 0.35f}, {-1, 0.35f},
                 {-1, -0.35f}, {-0.35f, -0.35f}}},
      {"arrow", {{-1.1f, -0.32f}, {0.05f, -0.32f}, {0.05f, -0.95f}, {1.1f, 0}, {0.05f, 0.95f},
                 {0.05f, 0.32f}, {-1.1f, 0.32f}}}};
  // clang-format on
  return table;
}

using Colour = std::array<float, 3>;  // red, green, blue, each 0 … 1

Colour random_colour(Random& random) {
  return {between(random, 0, 1), between(random, 0, 1), between(random, 0, 1)};
}

Colour colour_near(Random& random, Colour colour, float spread) {
  for (float& value : colour) value += between(random, -spread, spread);
  return colour;
}

// A colour that people can tell from `other`.
Colour colour_unlike(Random& random, const Colour& other) {
  constexpr float kLeastDistance = 0.5f;
  while (true) {
    const Colour c = random_colour(random);
    if (std::hypot(c[0] - other[0], c[1] - other[1], c[2] - other[2]) >= kLeastDistance) return c;
  }
}

// Two colours mixed by a wave, ½ + ½ sin(u). Short waves make stripes, long ones a gradient; times
// a second wave across they make dots.
struct Texture {
  /// The second colour is within `spread` of the first in each channel.
  Texture(Random& random, const Colour& ground, float spread)
      : first(ground), second(colour_near(random, ground, spread)) {
    const bool gradient = random.chance(1.0 / 3);
    const float frequency = gradient ? between(random, 0.05f, 0.15f) : between(random, 0.9f, 2);
    const float angle = between(random, 0, 2 * kPi);
    dots = !gradient && random.chance(0.5);
    wave = {frequency * std::cos(angle), frequency * std::sin(angle)};
    phase = between(random, 0, 2 * kPi);
  }

  Colour at(float x, float y) const {
    float mix = 0.5f + 0.5f * std::sin(wave.x * x + wave.y * y + phase);
    if (dots) mix *= 0.5f + 0.5f * std::sin(wave.x * y - wave.y * x);
    Colour result = first;
    for (std::size_t k = 0; k < result.size(); ++k) result[k] += mix * (second[k] - first[k]);
    return result;
  }

  Colour first, second;
  bool dots;
  Point wave;  // direction of the waves, radians per pixel
  float phase;
};

using Picture = std::vector<Colour>;  // [32·32], before it becomes bytes

// Lays the texture over the picture where there is coverage.
void paint(Picture& picture, const Plane& coverage, const Texture& texture) {
  for (std::size_t i = 0; i < picture.size(); ++i) {
    const float alpha = coverage.values[i];
    if (alpha == 0) continue;
    const Colour colour =
        texture.at(static_cast<float>(i % kShapeSide), static_cast<float>(i / kShapeSide));
    for (std::size_t k = 0; k < colour.size(); ++k) {
      picture[i][k] += alpha * (colour[k] - picture[i][k]);
    }
  }
}

// A textured ground with two to six thin lines and four-cornered pieces in similar colours.
void paint_background(Random& random, Picture& picture, const Colour& ground) {
  paint(picture, Plane(kShapeSide, 1), Texture(random, ground, 0.3f));
  const Index pieces = 2 + random.below(5);
  for (Index piece = 0; piece < pieces; ++piece) {
    Plane coverage(kShapeSide);
    const Point from = random_point(random, 0, kShapeSide);
    if (random.chance(0.5)) {
      const Point to = random_point(random, 0, kShapeSide);
      draw_line(coverage, {from, to}, between(random, 0.4f, 1));
    } else {
      Line scrap(4);
      for (Point& corner : scrap) {
        const Point offset = random_point(random, -6, 6);
        corner = {from.x + offset.x, from.y + offset.y};
      }
      fill_outline(coverage, scrap);
    }
    const Colour colour = colour_near(random, ground, 0.4f);
    paint(picture, coverage, Texture(random, colour, 0.2f));
  }
}

Placement shape_placement(Random& random) {
  const float size = between(random, 7.5f, 12);  // about half the extent in pixels
  const float middle = static_cast<float>(kShapeSide) / 2;
  return {.centre = random_point(random, middle - 5, middle + 5),
          .width = size * between(random, 0.9f, 1.1f),
          .height = size,
          .angle = between(random, 0, 2 * kPi),
          .slant = between(random, -0.1f, 0.1f)};
}

}  // namespace

std::vector<std::string> shape_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) names.push_back(kind.name);
  return names;
}

void draw_shape(Random& random, int kind, std::span<std::uint8_t> pixels) {
  // Paint the background, then the shape in a colour that stands out from it.
  Picture picture(kShapeSide * kShapeSide);
  const Colour ground = random_colour(random), colour = colour_unlike(random, ground);
  paint_background(random, picture, ground);
  Plane coverage(kShapeSide);  // [32, 32]
  const Line& outline = kinds()[static_cast<std::size_t>(kind)].outline;
  fill_outline(coverage, placed(outline, shape_placement(random)));
  paint(picture, coverage, Texture(random, colour, 0.35f));

  // Add noise to every channel of every pixel.
  const float noise = between(random, 0.01f, 0.1f);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = to_byte(picture[i / 3][i % 3] + noise * quick_normal(random));
  }
}

}  // namespace minitape
