#include "minitape/compare/svg_chart.hpp"

#include <limits>

#include "testing.hpp"

namespace minitape {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++times;
  return times;
}

// The text of attribute d of the i-th path of that class; "" where there is none.
std::string path_of(const std::string& svg, const std::string& kind, std::size_t i = 0) {
  std::size_t at = svg.find("class=\"" + kind + "\"");
  for (; i > 0 && at != svg.npos; --i) at = svg.find("class=\"" + kind + "\"", at + 1);
  if (at == svg.npos) return "";
  const std::size_t first = svg.find(" d=\"", at) + 4;
  return svg.substr(first, svg.find('"', first) - first);
}

TEST_CASE("svg: a line and its band, from corner to corner of the field") {
  // y from 0 to 2 with a margin of 4 %; "0.0" to "2.0": three letters to the left of the field.
  const std::string svg =
      svg_chart({"Loss", "step", "nats", {{"a", {0, 1, 2}, {0.5, 1, 1.5}, {0.5, 0, 0.5}}}}, "c");
  const double left = 18 + 9 * 3, right = 448, bottom = 282, height = 270;
  const auto y = [&](double value) { return bottom - (value + 0.08) / 2.16 * height; };
  CHECK(path_of(svg, "line") == concat("M", left, " ", std::round(100 * y(0.5)) / 100, "L",
                                       (left + right) / 2, " 147L", right, " ",
                                       std::round(100 * y(1.5)) / 100));
  CHECK(path_of(svg, "band") == concat("M", left, " 147L", (left + right) / 2, " 147L", right, " ",
                                       std::round(100 * y(2)) / 100, "L", right, " 147L",
                                       (left + right) / 2, " 147L", left, " ",
                                       std::round(100 * y(0)) / 100, "Z"));
  CHECK(count(svg, "<circle") == 3);  // few points are marked
}

TEST_CASE("svg: what is no number is a gap, and a point alone in it is a marker") {
  const std::string svg =
      svg_chart({"", "x", "y", {{"a", {1, 2, 3, 4, 5}, {1, 2, kNaN, 4, kNaN}, {}}}}, "c");
  CHECK(count(path_of(svg, "line"), "M") == 2);
  CHECK(path_of(svg, "band").empty());
  CHECK(svg.find("nan") == svg.npos);
  std::vector<double> many(100), values(100, 1);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  values[97] = values[99] = kNaN;
  CHECK(count(svg_chart({"", "x", "y", {{"a", many, values, {}}}}, "c"), "<circle") == 1);
}

TEST_CASE("svg: says in words what it shows, with whatever names the curves have") {
  const std::string svg =
      svg_chart({"Test accuracy",
                 "epoch",
                 "%",
                 {{"</desc><script>", {1, 4}, {61.25, 98.5}, {}}, {"b", {1}, {kNaN}, {}}}},
                "chart-7");
  CHECK(svg.find("role=\"img\" aria-labelledby=\"chart-7-title chart-7-desc\"") != svg.npos);
  CHECK(svg.find("<title id=\"chart-7-title\">Test accuracy</title>") != svg.npos);
  CHECK(svg.find("<desc id=\"chart-7-desc\">% by epoch. &lt;/desc&gt;&lt;script&gt;: from 61.25 at "
                 "1 to 98.5 at 4. b: nothing to draw. </desc>") != svg.npos);
  CHECK(svg.find("<script") == svg.npos);
}

TEST_CASE("svg: the first 28 curves differ in line or point where they have the same colour") {
  for (std::size_t a = 0; a < 28; ++a) {
    for (std::size_t b = a + 1; b < 28; ++b) CHECK(svg_swatch(a) != svg_swatch(b));
  }
  // And the first four without any colour, both in the pattern of the line and in the point.
  const auto without_color = [](std::size_t i) {
    const std::string swatch = svg_swatch(i);
    return swatch.substr(swatch.find("<path"));
  };
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(path_of("class=\"s\"" + svg_swatch(i), "s") == "M0 6H34");
    for (std::size_t k = i + 1; k < 4; ++k) {
      const std::string a = without_color(i), b = without_color(k);
      CHECK(a.substr(0, a.find("/>")) != b.substr(0, b.find("/>")));
      CHECK(a.substr(a.find("/>")) != b.substr(b.find("/>")));
    }
  }
}

TEST_CASE("svg: empty charts, single points and huge numbers have finite coordinates") {
  const double huge = std::numeric_limits<double>::max();
  for (const Curve& curve : {Curve{"a", {}, {}, {}}, Curve{"a", {1}, {1}, {kNaN}},
                             Curve{"a", {1, 2}, {1e99, -1e99}, {1e99, 0}},
                             Curve{"a", {1, 2, 3}, {huge, 1, 2}, {0, huge, 0}}}) {
    const std::string svg = svg_chart({"t", "x", "y", {curve}}, "c");
    CHECK(svg.find("nan") == svg.npos);
    CHECK(svg.find("inf") == svg.npos);
    CHECK(svg.ends_with("</svg>\n"));
  }
  CHECK(error_lacks({"[plot]", "a spread or none"}, [] {
          svg_chart({"t", "x", "y", {{"a", {1, 2}, {1}, {}}}}, "c");
        }) == "");
}

TEST_CASE("svg: a steep start lies outside, and that can be said") {
  Curve curve{"a", {}, {}, {}};
  for (int i = 0; i < 20; ++i) {
    curve.x.push_back(i);
    curve.y.push_back(i == 0 ? 100 : 1 + 0.1 * i);
  }
  CHECK(leaves_out_points({"", "x", "y", {curve}}));
  curve.y[0] = 1;
  CHECK_FALSE(leaves_out_points({"", "x", "y", {curve}}));
}

}  // namespace
}  // namespace minitape
