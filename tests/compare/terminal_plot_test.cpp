#include "minitape/compare/terminal_plot.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "minitape/core/check.hpp"

namespace minitape {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Characters, not bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Chart two_lines() {
  return {"Test accuracy",
          "epoch",
          "%",
          {{"batch_norm = false", {1, 2, 3}, {0, 0, 4}, {}},
           {"batch_norm = true", {1, 2, 3}, {0, 4, 4}, {}}}};
}

}  // namespace

TEST_CASE("terminal_plot draws this picture, in Unicode") {
  CHECK(terminal_plot(two_lines(), 40, 7) ==
        R"(Test accuracy
%
4 ┤                  ○○○○○○○○○○○○○○○○○○●
  │              ○○○○              ●●●●
  │           ○○○               ●●●
2 ┤        ○○○               ●●●
  │     ○○○               ●●●
  │ ○○○○              ●●●●
0 ┤●●●●●●●●●●●●●●●●●●●
  └┬─────────────────┬─────────────────┬
   1                 2                 3
   epoch
   ● batch_norm = false
   ○ batch_norm = true
)");
}

TEST_CASE("terminal_plot in ASCII has the same cells") {
  const std::string ascii = terminal_plot(two_lines(), 40, 7, Glyphs::ascii);
  CHECK(std::all_of(ascii.begin(), ascii.end(), [](char c) { return c >= 0; }));
  std::string translated = terminal_plot(two_lines(), 40, 7);
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (std::size_t at; (at = translated.find(from)) != std::string::npos;) {
      translated.replace(at, from.size(), to);
    }
  };
  for (const char* glyph : {"┤", "└", "┬"}) replace(glyph, "+");
  replace("│", "|");
  replace("─", "-");
  replace("●", "o");
  replace("○", "x");
  CHECK(translated == ascii);
}

TEST_CASE("the picture keeps to its size, whatever is in it") {
  Chart chart = two_lines();
  chart.curves[0].y = {-1e6, 5e6, 3e5};
  chart.curves[1].x = {1, 700, 123456};
  for (const int width : {40, 61, 200}) {
    for (const int height : {5, 9, 40}) {
      CAPTURE(width);
      CAPTURE(height);
      const auto lines = lines_of(terminal_plot(chart, width, height));
      // Title, y label, curves, axis, its labels, x label, two lines of legend.
      CHECK(lines.size() == static_cast<std::size_t>(2 + height + 3 + 2));
      for (const std::string& line : lines) {
        CHECK(width_of(line) <= static_cast<std::size_t>(width));
        CHECK(!line.ends_with(' '));
      }
    }
  }
  CHECK(terminal_plot(chart, 0, -3) == terminal_plot(chart, 40, 5));
}

TEST_CASE("where curves meet they take turns, so that none hides the others") {
  Chart chart{"", "", "", {}};
  for (const char* label : {"a", "b", "c"}) chart.curves.push_back({label, {0, 1}, {5, 5}, {}});
  const auto lines = lines_of(terminal_plot(chart, 40, 5, Glyphs::ascii));
  CHECK(lines[2].find("ox+ox+ox+ox+") != std::string::npos);
}

TEST_CASE("a gap in a curve stays empty, a single point is drawn") {
  const Chart chart{"", "", "", {{"gap", {0, 1, 2, 3, 4}, {1, 1, kNaN, kNaN, 1}, {}}}};
  CHECK(terminal_plot(chart, 42, 5, Glyphs::ascii) == R"(1.1 +
    |
1.0 +oooooooooo                          o
    |
0.9 +
    ++-----------------+-----------------+
     0                 2                 4
     o gap
)");
}

TEST_CASE("steep lines go from row to row without a gap and without overshooting") {
  const Chart chart{"", "", "", {{"a", {0, 1.3, 2.6, 20, 21.3, 40}, {5, 5, 9, 9, 0, 5}, {}}}};
  CHECK(terminal_plot(chart, 42, 10, Glyphs::ascii) == R"(  |  oooooooooooooooooo
8 +  o                 o
  |  o                 o
6 +  o                 o
  |oo                  o                oo
4 +                    o            oooo
  |                    o        oooo
2 +                    o    oooo
  |                    ooooo
0 +                    o
  ++------------------+------------------+
   0                 20                 40
   o a
)");
}

TEST_CASE("labels of the x axis stay within the width and apart from each other") {
  const auto labels = [](double first, double last) {
    const Chart chart{"", "", "", {{"a", {first, last}, {1, 1}, {}}}};
    return lines_of(terminal_plot(chart, 40, 5, Glyphs::ascii))[6];
  };
  CHECK(labels(90, 100) == "     90              95              100");
  CHECK(labels(1990, 2000) == "     1990           1995            2000");
  CHECK(labels(1e6 - 10, 1e6) == "     999990        999995        1000000");
  // Labels of 14 columns do not fit under ticks that are 10 apart: some are left out.
  CHECK(labels(1e12 - 3000, 1e12) == "     9.99999997e+11  9.99999999e+11");
}

TEST_CASE("a jump is drawn as a connected line, also within a column") {
  // 1000 points on some 37 columns, a single one of them high.
  Curve curve{"spike", {}, {}, {}};
  for (int i = 0; i < 1000; ++i) {
    curve.x.push_back(i);
    curve.y.push_back(i == 503 ? 1 : 0);
  }
  const auto lines = lines_of(terminal_plot({"", "", "", {curve}}, 40, 8, Glyphs::ascii));
  int rows_with_marker = 0;
  for (std::size_t row = 0; row < 8; ++row) {
    rows_with_marker += lines[row].find('o', 5) != std::string::npos;
  }
  CHECK(rows_with_marker == 8);
}

TEST_CASE("what lies outside of the range is cut off at the edge") {
  // The steep start is left out of the y range; one of its values is huge.
  Curve curve{"loss", {}, {}, {}};
  for (int i = 0; i < 50; ++i) {
    curve.x.push_back(i);
    curve.y.push_back(i == 0 ? 1e99 : i < 5 ? 100.0 : 1 + 0.01 * i);
  }
  const std::string text = terminal_plot({"", "", "", {curve}}, 60, 8, Glyphs::ascii);
  CHECK(text.find("100") == std::string::npos);
  const auto lines = lines_of(text);
  // Nothing is drawn in the first columns; then the line comes in from above.
  for (std::size_t row = 0; row < 8; ++row) CHECK(lines[row].substr(5, 7) == "      o");

  for (double& y : curve.y) y = -y;
  const auto below = lines_of(terminal_plot({"", "", "", {curve}}, 60, 8, Glyphs::ascii));
  for (std::size_t row = 0; row < 8; ++row) CHECK(below[row].substr(6, 6) == "     o");
}

TEST_CASE("more curves than markers, no curve, no point: a picture all the same") {
  Chart chart{"title", "x", "y", {}};
  CHECK(lines_of(terminal_plot(chart, 40, 5)).size() == 10);
  for (int i = 0; i < 9; ++i)
    chart.curves.push_back({std::to_string(i), {0, 1}, {i + .0, i + .0}, {}});
  const auto lines = lines_of(terminal_plot(chart, 40, 30, Glyphs::ascii));
  CHECK(lines[lines.size() - 9].ends_with("o 0"));
  CHECK(lines[lines.size() - 8].ends_with("x 1"));
  CHECK(lines.back().ends_with("o 8"));
  chart.curves = {{"never a number", {1, 2}, {kNaN, kNaN}, {}}};
  CHECK(terminal_plot(chart, 40, 5).find("● never a number") != std::string::npos);
  chart.curves[0].x.pop_back();
  CHECK_THROWS_AS(terminal_plot(chart, 40, 5), Error);
}

}  // namespace minitape
