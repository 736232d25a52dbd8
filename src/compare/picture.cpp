// Charts as pictures: numbers and a script for gnuplot, which draws curves.svg and curves.png.
//
// curves.dat has one block per curve, two blank lines apart: gnuplot calls them index 0, 1, 2, …
//
//     # x y low high: 'Test accuracy' 'batch_norm = true'
//     1 98.4 98.31 98.49
#include "minitape/compare/chart.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "compare/template.hpp"
#include "minitape/core/check.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPanelWidth = 480, kPanelHeight = 340, kLegendLine = 18;  // in pixels
constexpr std::size_t kPanelsPerRow = 3;
constexpr std::size_t kMostMarks = 40;  // on one curve

// Text as a gnuplot string. Between single quotes nothing is special but the quote itself: no
// variable, no escape and, above all, no command in backquotes. A string cannot span lines.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) {
    const bool control = static_cast<unsigned char>(letter) < ' ' || letter == '\x7f';
    result += letter == '\'' ? "''" : std::string(1, control ? ' ' : letter);
  }
  return result + "'";
}

// A number as gnuplot reads it. NaN is a gap in the line or the band.
std::string number(double value) { return is_drawable(value) ? number_text(value) : "NaN"; }

std::string data_text(const std::vector<Chart>& charts) {
  std::string text;
  for (const Chart& chart : charts) {
    for (const Curve& curve : chart.curves) {
      text += "# x y low high: " + quoted(chart.title) + " " + quoted(curve.label) + "\n";
      for (const auto& [x, y, spread] : curve.points) {
        text += concat(number(x), " ", number(y), " ", number(y - spread), " ", number(y + spread),
                       "\n");
      }
      // Without any line gnuplot would not count the block.
      if (curve.points.empty()) text += "NaN NaN NaN NaN\n";
      text += "\n\n";
    }
  }
  return text;
}

// What the template says about one chart, whose first curve is block `first` of curves.dat.
TemplateData chart_data(const Chart& chart, std::size_t first) {
  const Range x = x_range(chart), y = y_range(chart);
  std::size_t longest = 0;
  bool whole = true;  // only whole numbers, like epochs: 1.5 is no sensible tick
  for (const Curve& curve : chart.curves) {
    longest = std::max(longest, curve.points.size());
    for (const Curve::Point& point : curve.points) whole = whole && point.x == std::floor(point.x);
  }
  // Room for the first and the last point, or around a single one.
  const double room = x.low < x.high ? 0.015 * (x.high - x.low) : 0.5;
  TemplateData data;
  data.set("title", chart.title);
  data.set("x_label", chart.x_label);
  data.set("y_label", chart.y_label);
  data.set("x_low", number_text(x.low - room));
  data.set("x_high", number_text(x.high + room));
  data.set("y_low", number_text(y.low));
  data.set("y_high", number_text(y.high));
  data.set("x_ticks", whole && x.high - x.low <= 8 ? "1" : "autofreq");
  data.set("first", std::to_string(first));
  data.set("last", std::to_string(first + chart.curves.size() - 1));
  data.set("point_interval", std::to_string(1 + longest / kMostMarks));
  return data;
}

std::string script_text(const std::vector<Chart>& charts, const std::string& title) {
  TemplateData labels(TemplateData::type::list), panels(TemplateData::type::list);
  std::size_t curves = 0, longest_legend = 0;
  for (const Chart& chart : charts) {
    longest_legend = std::max(longest_legend, chart.curves.size());
    panels.push_back(chart_data(chart, curves));
    for (const Curve& curve : chart.curves) {
      TemplateData label("number", std::to_string(++curves));
      label.set("text", curve.label);
      labels.push_back(label);
    }
  }
  const std::size_t columns = std::min(charts.size(), kPanelsPerRow);
  const std::size_t rows = (charts.size() + columns - 1) / columns;
  TemplateData data("title", title);
  data.set("curves", std::to_string(curves));
  data.set("rows", std::to_string(rows));
  data.set("columns", std::to_string(columns));
  data.set("width", std::to_string(columns * kPanelWidth));
  data.set("height", std::to_string(rows * (kPanelHeight + longest_legend * kLegendLine)));
  data.set("labels", labels);
  data.set("charts", panels);
  return filled_template(kCurvesTemplate, data, quoted);
}

// Whether both pictures are there to their end, with a band and a line for each curve: gnuplot does
// not notice a full disk, and passes over data that it cannot read.
bool are_whole(const fs::path& folder, std::size_t curves) {
  const std::string svg = file_contents(folder / "curves.svg").value_or("");
  const std::string png = file_contents(folder / "curves.png").value_or("");
  std::size_t drawn = 0;
  for (std::size_t at = 0; (at = svg.find("<g id=\"gnuplot_plot_", at)) != svg.npos; ++at) ++drawn;
  const auto ends_with = [](const std::string& bytes, const std::string& end) {
    return bytes.find(end, bytes.size() - std::min<std::size_t>(bytes.size(), 16)) != bytes.npos;
  };
  return ends_with(svg, "</svg>") && ends_with(png, "IEND") && drawn == 2 * curves;
}

}  // namespace

std::string write_pictures(const fs::path& folder, const std::vector<Chart>& charts,
                           const std::string& title) {
  MINITAPE_CHECK(!charts.empty(), "[plot] there must be a chart to draw");
  std::size_t curves = 0;
  for (const Chart& chart : charts) {
    MINITAPE_CHECK(!chart.curves.empty(), "[plot] a chart needs a curve: \"", chart.title,
                   "\" has none");
    curves += chart.curves.size();
  }
  write_atomically(folder / "curves.dat", data_text(charts));
  write_atomically(folder / "curves.gp", script_text(charts, title));
  const auto remove_pictures = [&folder] {
    std::error_code ignored;
    fs::remove(folder / "curves.svg", ignored);
    fs::remove(folder / "curves.png", ignored);
  };
  remove_pictures();  // of older numbers
  // -d: the user's own settings could change what is drawn.
  const std::string call = shell_line({"cd", fs::absolute(folder).string()}) +
                           " && exec gnuplot -d curves.gp </dev/null >/dev/null 2>&1";
  const int status = std::system(call.c_str());
  if (status == 0 && are_whole(folder, curves)) return "";
  remove_pictures();
  const bool missing = WIFEXITED(status) && WEXITSTATUS(status) == 127;  // says the shell
  return concat("no curves.svg and curves.png: ",
                missing       ? "gnuplot is not installed"
                : status != 0 ? "gnuplot failed"
                              : "gnuplot did not draw all of them",
                "; install gnuplot and run `gnuplot -d curves.gp` in ", folder);
}

}  // namespace minitape
