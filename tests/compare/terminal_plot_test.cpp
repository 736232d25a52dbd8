#include "minitape/compare/chart.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "minitape/text/terminal_text.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Chart one_curve(const std::vector<Curve::Point>& points) {
  return {"T", "x", "y", {{"a", points}}};
}

// How many rows hold the text behind the axis.
std::ptrdiff_t count_rows(const Chart& chart, int width, int height, const std::string& text) {
  const auto lines = lines_of(terminal_plot(chart, width, height));
  return std::count_if(lines.begin() + 1, lines.begin() + 1 + height, [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("terminal_plot draws this picture") {
  const Chart chart{"Test accuracy",
                    "epoch",
                    "%",
                    {{"batch_norm = false", {{1, 0}, {2, 0}, {3, 4}}},
                     {"batch_norm = true", {{1, 0}, {2, 4}, {3, 4}}}}};
  CHECK("\n" + terminal_plot(chart, 40, 7) == R"(
Test accuracy (%)
4 ┤                  ○○○○○○○○○○○○○○○○○○●
  │              ○○○○              ●●●●
  │           ○○○               ●●●
2 ┤        ○○○               ●●●
  │     ○○○               ●●●
  │ ○○○○              ●●●●
0 ┤●●●●●●●●●●●●●●●●●●●
  └─────────────────────────────────────
   epoch 1                             3
   ● batch_norm = false
   ○ batch_norm = true
)");
}

TEST_CASE("the picture keeps to its size, whatever is in it") {
  const Chart chart{
      "Loss",
      "step",
      "nats",
      {{"a", {{1, -1e6}, {2, 5e6}, {3, 3e5}}}, {"b", {{1, 0}, {700, 4}, {123456, 4}}}}};
  for (const int width : {40, 61, 200}) {
    for (const int height : {5, 9, 40}) {
      CAPTURE(width);
      CAPTURE(height);
      const auto lines = lines_of(terminal_plot(chart, width, height));
      // Title, curves, axis, its ends, two lines of legend.
      CHECK(lines.size() == static_cast<std::size_t>(1 + height + 2 + 2));
      for (const std::string& line : lines) {
        CHECK(terminal_width(line) <= static_cast<std::size_t>(width));
        CHECK(!line.ends_with(' '));
      }
    }
  }
}

TEST_CASE("where curves meet they take turns, so that none hides the others") {
  Chart chart{"", "", "", {}};
  for (const char* label : {"a", "b", "c"}) chart.curves.push_back({label, {{0, 5}, {1, 5}}});
  CHECK(count_rows(chart, 40, 5, "●○▲●○▲●○▲") == 1);
}

TEST_CASE("a gap in a curve stays empty, a single point is drawn") {
  CHECK("\n" + terminal_plot(one_curve({{0, 1}, {1, 1}, {2, kNaN}, {3, kNaN}, {4, 1}}), 42, 5) ==
        R"(
T (y)
  │
  │
1 ┤●●●●●●●●●●●                           ●
  │
  │
  └───────────────────────────────────────
   x 0                                   4
   ● a
)");
  CHECK(count_rows(one_curve({{1, 7}}), 40, 5, "                 ●") == 1);
}

TEST_CASE("steep lines go from row to row without a gap") {
  CHECK("\n" + terminal_plot(one_curve({{0, 5}, {1.3, 5}, {2.6, 9}, {20, 9}, {21.3, 0}, {40, 5}}),
                             42, 10) ==
        R"(
T (y)
  │  ●●●●●●●●●●●●●●●●●●
8 ┤  ●                ●
  │  ●                ●
6 ┤ ●●                ●
  │●●                 ●                 ●●
4 ┤                    ●           ●●●●●
  │                    ●        ●●●
2 ┤                    ●    ●●●●
  │                    ●●●●●
0 ┤                    ●
  └───────────────────────────────────────
   x 0                                  40
   ● a
)");
}

TEST_CASE("a jump is drawn as a connected line, also within a column") {
  // 1000 points on some 37 columns, a single one of them high.
  Chart chart = one_curve({});
  for (int i = 0; i < 1000; ++i) {
    chart.curves[0].points.push_back({static_cast<double>(i), i == 503 ? 1.0 : 0.0});
  }
  CHECK(count_rows(chart, 40, 8, "●") == 8);
}

TEST_CASE("what lies outside of the range is cut off at the edge") {
  // The steep start is left out of the y range; one of its values is huge.
  Chart chart = one_curve({});
  for (int i = 0; i < 50; ++i) {
    chart.curves[0].points.push_back({static_cast<double>(i), i == 0  ? 1e99
                                                              : i < 5 ? 100.0
                                                                      : 1 + 0.01 * i});
  }
  CHECK(terminal_plot(chart, 60, 8).find("100") == std::string::npos);
  // Nothing is drawn in the first columns; then the line comes in from above.
  const std::string start = "     ●";
  CHECK(lines_of(terminal_plot(chart, 60, 8))[1].find("│" + start) != std::string::npos);
  CHECK(count_rows(chart, 60, 8, start) == 8);
  CHECK(count_rows(chart, 60, 8, "│●") == 0);
}

TEST_CASE("the x axis says where it begins and ends") {
  const auto ends = [](double first, double last) {
    return lines_of(terminal_plot(one_curve({{first, 1}, {last, 1}}), 40, 5))[7];
  };
  CHECK(ends(1, 12) == "   x 1                                12");
  CHECK(ends(0, 123456) == "   x 0                            123456");
  CHECK(ends(3, 3) == "   x 3");
}

TEST_CASE("more curves than markers, no curve, no point: a picture all the same") {
  Chart chart{"title", "x", "y", {}};
  CHECK(lines_of(terminal_plot(chart, 40, 5)).size() == 8);
  for (int i = 0; i < 9; ++i) {
    chart.curves.push_back({std::to_string(i), {{0, i + .0}, {1, i + .0}}});
  }
  const auto lines = lines_of(terminal_plot(chart, 40, 30));
  CHECK(lines[lines.size() - 9].ends_with("● 0"));
  CHECK(lines[lines.size() - 8].ends_with("○ 1"));
  CHECK(lines.back().ends_with("● 8"));
  CHECK(terminal_plot(one_curve({{1, kNaN}, {2, kNaN}}), 40, 5).find("● a") != std::string::npos);
}

}  // namespace minitape
