// Drawing: coverage worked out by hand for figures that lie across pixel borders.
#include "data/canvas.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <numeric>

using namespace minitape;
using doctest::Approx;

namespace {

float area(const Plane& plane) {
  return std::accumulate(plane.values.begin(), plane.values.end(), 0.0f);
}

Line rectangle(float left, float top, float right, float bottom) {
  return {{left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}};
}

}  // namespace

TEST_CASE("an outline covers each pixel by the area inside") {
  Plane plane(6);
  fill_outline(plane, rectangle(1.25f, 1, 3.5f, 2.5f));  // 2.25 wide, 1.5 high
  CHECK(plane.row(1)[0] == 0);
  CHECK(plane.row(1)[1] == Approx(0.75));
  CHECK(plane.row(1)[2] == Approx(1));
  CHECK(plane.row(1)[3] == Approx(0.5));
  CHECK(plane.row(2)[1] == Approx(0.375));
  CHECK(area(plane) == Approx(2.25 * 1.5));
}

TEST_CASE("heights are rounded to quarters of a pixel") {
  Plane plane(4);
  fill_outline(plane, rectangle(1, 1.3f, 2, 2.55f));
  CHECK(plane.row(1)[1] == Approx(0.75));
  CHECK(plane.row(2)[1] == Approx(0.5));
}

TEST_CASE("an outline within an outline is a hole, and the way between them has no area") {
  Line ring = rectangle(0.5f, 1, 5, 6);
  const Line hole = rectangle(2, 2.25f, 4, 4);
  ring.insert(ring.end(), hole.begin(), hole.end());
  Plane plane(8);
  fill_outline(plane, ring);
  CHECK(plane.row(3)[2] == Approx(0));
  CHECK(area(plane) == Approx(4.5 * 5 - 2 * 1.75));
}

TEST_CASE("filling again never takes coverage away") {
  Plane plane(4);
  fill_outline(plane, rectangle(0, 0, 4, 4));
  fill_outline(plane, rectangle(1.5f, 1, 2.5f, 2));
  CHECK(area(plane) == Approx(16));
}

TEST_CASE("a pen covers what is within its radius, with an edge of the given softness") {
  Plane plane(9);
  draw_line(plane, {{2.5f, 4.5f}, {5.5f, 4.5f}}, 1.4f, 1.6f);
  CHECK(plane.row(4)[3] == Approx(1));      // on the line
  CHECK(plane.row(5)[3] == Approx(0.75));   // 1 away: ½ + 0.4 / 1.6
  CHECK(plane.row(6)[3] == Approx(0.125));  // 2 away: ½ − 0.6 / 1.6
  CHECK(plane.row(7)[3] == 0);
  CHECK(plane.row(4)[6] == Approx(0.75));  // 1 beyond the end: the tip is round
  CHECK(plane.row(5)[6] == Approx(0.5 + (1.4 - std::sqrt(2.0)) / 1.6));
}

TEST_CASE("a line of no length is a dot") {
  Plane plane(3);
  draw_line(plane, {{1.5f, 1.5f}, {1.5f, 1.5f}}, 0.6f);
  CHECK(plane.row(1)[1] == Approx(1));
  CHECK(plane.row(0)[1] == Approx(0.1));
}

TEST_CASE("what lies outside the plane is cut off") {
  Plane plane(4);
  draw_line(plane, {{-50, 2}, {80, 2}}, 1);
  CHECK(area(plane) == Approx(4 * (1 + 1)));
  fill_outline(plane, rectangle(-9, -7, 30, 40));
  CHECK(area(plane) == Approx(16));
  Plane untouched(4);
  draw_line(untouched, {{-9, -9}, {-8, 20}}, 2);
  fill_outline(untouched, rectangle(5, 5, 9, 9));
  CHECK(area(untouched) == 0);
}

TEST_CASE("a placement scales, slants, turns and moves, in this order") {
  Placement placement;
  placement.centre = {10, 20};
  placement.width = 3;
  placement.height = 2;
  placement.slant = 0.5f;
  placement.angle = std::numbers::pi_v<float> / 2;  // clockwise: right becomes down
  const Line line = placed({{1, 0}, {0, 1}}, placement);
  CHECK(line[0].x == Approx(10));
  CHECK(line[0].y == Approx(23));
  CHECK(line[1].x == Approx(10 - 2));
  CHECK(line[1].y == Approx(20 + 1.5));
}

TEST_CASE("a curve goes through its points and is straight where they are") {
  const Line points = {{0, 0}, {2, 1}, {4, 2}, {6, 3}, {5, 7}};
  const Line curve = curve_through(points);
  const std::size_t pieces = (curve.size() - 1) / (points.size() - 1);
  REQUIRE(pieces * (points.size() - 1) + 1 == curve.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    CHECK(curve[i * pieces].x == Approx(points[i].x));
    CHECK(curve[i * pieces].y == Approx(points[i].y));
  }
  // The second span has its four points on a line; the last span turns a corner and bulges.
  CHECK(curve[pieces + pieces / 2].x == Approx(3));
  CHECK(curve[pieces + pieces / 2].y == Approx(1.5));
  CHECK(curve[3 * pieces + pieces / 2].x > 5.6f);
  // The way back is the same curve.
  const Line back = curve_through({points.rbegin(), points.rend()});
  for (std::size_t i = 0; i < curve.size(); ++i) {
    CHECK(back[curve.size() - 1 - i].x == Approx(curve[i].x));
    CHECK(back[curve.size() - 1 - i].y == Approx(curve[i].y));
  }
}

TEST_CASE("the quick normal has mean 0 and variance 1") {
  Random random = stream(1, "test/quick_normal");
  double sum = 0, squares = 0, largest = 0;
  constexpr int kDraws = 40000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = quick_normal(random);
    sum += value;
    squares += value * value;
    largest = std::max(largest, std::abs(value));
  }
  CHECK(std::abs(sum / kDraws) < 0.025);  // five standard errors
  CHECK(std::abs(squares / kDraws - 1) < 0.03);
  CHECK(largest > 2.9);
  CHECK(largest < 3.5);
}

TEST_CASE("brightness is rounded to the nearest byte and cut off outside 0 … 1") {
  CHECK(to_byte(0) == 0);
  CHECK(to_byte(1) == 255);
  CHECK(to_byte(100.6f / 255) == 101);
  CHECK(to_byte(100.4f / 255) == 100);
  CHECK(to_byte(-0.2f) == 0);
  CHECK(to_byte(7) == 255);
}
