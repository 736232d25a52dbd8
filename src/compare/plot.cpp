// curves.dat has one block per curve, two blank lines apart: gnuplot calls them index 0, 1, 2, …
//
//     # 'Test accuracy' 'batch_norm = true'
//     # x y low high
//     1 98.4 98.31 98.49
#include "minitape/compare/plot.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "minitape/core/check.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

constexpr int kPanelWidth = 480, kPanelHeight = 400;  // of the SVG; the PNG has twice as many dots
constexpr std::size_t kPanelsPerRow = 3;
constexpr std::size_t kMostMarked = 40;  // longest curve whose points are marked
constexpr int kTicks = 6;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Colours that colour-blind people can tell apart as well (M. Okabe and K. Ito, "Color Universal
// Design", 2008), and point shapes for those who print without colours.
struct Style {
  const char* color;
  int point;
};
// After seven curves both begin again, with broken lines.
constexpr std::array<Style, 7> kStyles = {{{"#0072B2", 7},
                                           {"#D55E00", 9},
                                           {"#009E73", 5},
                                           {"#CC79A7", 13},
                                           {"#E69F00", 11},
                                           {"#56B4E9", 6},
                                           {"#000000", 8}}};

// Text as a gnuplot string. Between single quotes nothing is special but the quote itself: no
// variable, no escape and, above all, no command in backquotes is looked for. A string cannot span
// lines.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) {
    const bool control = static_cast<unsigned char>(letter) < ' ' || letter == '\x7f';
    result += letter == '\'' ? "''" : std::string(1, control ? ' ' : letter);
  }
  return result + "'";
}

// A number as gnuplot reads it. NaN is a gap in the line or the band.
std::string number(double value) {
  return is_drawable(value) ? number_text(value) : "NaN";
}

std::string data_text(const std::vector<Chart>& charts) {
  std::string text;
  for (const Chart& chart : charts) {
    for (const Curve& curve : chart.curves) {
      text += "# " + quoted(chart.title) + " " + quoted(curve.label) + "\n# x y low high\n";
      for (std::size_t i = 0; i < curve.x.size(); ++i) {
        const double y = curve.y[i], spread = curve.spread.empty() ? kNaN : curve.spread[i];
        text += concat(number(curve.x[i]), " ", number(y), " ", number(y - spread), " ",
                       number(y + spread), "\n");
      }
      // Without any line gnuplot would not count the block.
      if (curve.x.empty()) text += "NaN NaN NaN NaN\n";
      text += "\n\n";
    }
  }
  return text;
}

// "('1' 1, '2' 2)": where to put ticks, and how to write them.
std::string tick_list(const Range& range) {
  const std::vector<double> values = ticks(range, kTicks);
  const std::vector<std::string> labels = tick_labels(values);
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += (i > 0 ? ", " : "") + quoted(labels[i]) + " " + number_text(values[i]);
  }
  return "(" + text + ")";
}

std::string range_text(const Range& range, double margin) {
  const double room = margin * (range.high - range.low);
  return concat("[", number_text(range.low - room), ":", number_text(range.high + room), "]");
}

// Whether the curves end above where they began: then the corner below their ends is free.
bool rises(const Chart& chart) {
  double rise = 0;
  for (const Curve& curve : chart.curves) {
    std::optional<double> first, last;
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!is_drawable(curve, i)) continue;
      if (!first) first = curve.y[i];
      last = curve.y[i];
    }
    if (first) rise += *last - *first;
  }
  return rise >= 0;
}

// The commands that draw one chart; its first curve is block `index` of curves.dat.
std::string panel_text(const Chart& chart, std::size_t index) {
  const Range x = x_range(chart), y = y_range(chart);
  std::string text = concat("  set title ", quoted(chart.title), " font ',14'\n  set xlabel ",
                            quoted(chart.x_label), " offset 0,character 0.3\n  set ylabel ",
                            quoted(chart.y_label), "\n  set xrange ", range_text(x, 0.015),
                            "\n  set yrange ", range_text(y, 0), "\n  set xtics ", tick_list(x),
                            "\n  set ytics ", tick_list(y), "\n  set key at graph 1.02,graph ",
                            rises(chart) ? "0.04 bottom" : "0.98 top", " right\n  plot \\\n");
  // All bands lie below all lines.
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    text += concat("    'curves.dat' index ", index + i, " using 1:3:4 with filledcurves lc rgb '",
                   kStyles[i % kStyles.size()].color,
                   "' fs transparent solid 0.2 noborder notitle, \\\n");
  }
  for (std::size_t i = 0; i < chart.curves.size(); ++i) {
    const Curve& curve = chart.curves[i];
    const Style& style = kStyles[i % kStyles.size()];
    const std::string kind =
        curve.x.size() > kMostMarked ? "lines" : concat("linespoints pt ", style.point, " ps 0.7");
    text += concat("    'curves.dat' index ", index + i, " using 1:2 with ", kind, " lc rgb '",
                   style.color, "' lw 2 dt ", 1 + i / kStyles.size(), " title ",
                   quoted(curve.label), i + 1 < chart.curves.size() ? ", \\\n" : "\n");
  }
  return text;
}

std::string script_text(const std::vector<Chart>& charts, const std::string& caption) {
  const std::size_t columns = std::min(charts.size(), kPanelsPerRow);
  const std::size_t rows = (charts.size() + columns - 1) / columns;
  const auto size = [&](std::size_t scale) {
    return concat("size ", scale * columns * kPanelWidth, ",", scale * rows * kPanelHeight);
  };
  std::string text = concat(
      "# Draws curves.svg and curves.png from curves.dat: run `gnuplot curves.gp` in this folder.\n"
      "set encoding utf8\n"
      "set border 3 lc rgb '#444444'\n"
      "set tics nomirror out scale 0.6 textcolor rgb '#222222'\n"
      "set grid ytics lt 1 lw 0.6 lc rgb '#dddddd'\n"
      "set key reverse Left samplen 2 spacing 1.2 font ',11' opaque fillcolor rgb '#40ffffff'\n"
      "do for [format in 'svg png'] {\n"
      "  if (format eq 'svg') {\n"
      "    set terminal svg noenhanced font 'sans-serif,12' background rgb 'white' ",
      size(1),
      "\n  } else {\n"
      "    set terminal pngcairo noenhanced font 'sans-serif,12' fontscale 2 linewidth 2 \\\n"
      "      pointscale 2 background rgb 'white' ",
      size(2), "\n  }\n  set output 'curves.'.format\n  set label 1 ", quoted(caption),
      " at screen 0.5, character 1 center font ',10' textcolor rgb '#444444'\n",
      "  set multiplot layout ", rows, ",", columns,
      " margins character 9, character 2, character 5.5, character 2.5 \\\n"
      "    spacing character 10, character 8\n");
  std::size_t index = 0;
  for (const Chart& chart : charts) {
    text += panel_text(chart, index) + "  unset label 1\n";
    index += chart.curves.size();
  }
  return text + "  unset multiplot\n  unset output\n}\n";
}

// Runs `gnuplot curves.gp` in the folder, silently. Returns "" or what went wrong.
std::string run_gnuplot(const fs::path& folder) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string program = "gnuplot", script = "curves.gp";
  char* arguments[] = {program.data(), script.data(), nullptr};
  pid_t process = 0;
  const int error = ::posix_spawnp(&process, "gnuplot", &actions, nullptr, arguments, ::environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return concat("gnuplot cannot be started: ", std::strerror(error));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status == 0 ? "" : "gnuplot failed";
}

// Whether the file is there to its end. gnuplot does not notice a disk that is full.
bool is_whole(const fs::path& picture, std::string_view end) {
  const std::string bytes = file_contents(picture).value_or("");
  return bytes.size() >= 16 && bytes.find(end, bytes.size() - 16) != std::string::npos;
}

}  // namespace

std::string write_curves(const fs::path& folder, const std::vector<Chart>& charts,
                         const std::string& caption) {
  MINITAPE_CHECK(!charts.empty(), "[plot] there must be a chart to draw");
  for (const Chart& chart : charts) {
    check_chart(chart);
    MINITAPE_CHECK(!chart.curves.empty(), "[plot] a chart needs a curve: \"", chart.title,
                   "\" has none");
  }
  write_atomically(folder / "curves.dat", data_text(charts));
  write_atomically(folder / "curves.gp", script_text(charts, caption));
  // Pictures of older numbers must not stay beside the new ones.
  std::error_code ignored;
  fs::remove(folder / "curves.svg", ignored);
  fs::remove(folder / "curves.png", ignored);
  std::string problem = run_gnuplot(folder);
  const fs::path svg = folder / "curves.svg", png = folder / "curves.png";
  if (problem.empty() && is_whole(svg, "</svg>") && is_whole(png, "IEND")) return "";
  if (problem.empty()) problem = "gnuplot did not write them to their end";
  fs::remove(svg, ignored);
  fs::remove(png, ignored);
  return concat("no curves.svg and curves.png: ", problem,
                "; install gnuplot and run `gnuplot curves.gp` in ", folder);
}

}  // namespace minitape
