#include "minitape/compare/chart.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "minitape/text/files.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// While it lives, programs are looked for in one folder alone.
class SearchPath {
 public:
  explicit SearchPath(const fs::path& folder) : before_(::getenv("PATH")) {
    ::setenv("PATH", folder.c_str(), 1);
  }
  ~SearchPath() { ::setenv("PATH", before_.c_str(), 1); }
  SearchPath(const SearchPath&) = delete;
  SearchPath& operator=(const SearchPath&) = delete;

 private:
  std::string before_;
};

// Puts a program called gnuplot into the folder.
void make_gnuplot(const fs::path& folder, const std::string& shell_script) {
  write_atomically(folder / "gnuplot", "#!/bin/sh\n" + shell_script);
  fs::permissions(folder / "gnuplot", fs::perms::owner_all);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<Chart> two_charts() {
  return {{"Test accuracy",
           "epoch",
           "%",
           {{"batch_norm = false", {{1, 90, 1}, {2, kNaN, 1}, {3, 97}}},
            {"batch_norm = true", {{1, 98, 0.5}, {2, 98.5, 0.25}, {3, 99, 0.125}}}}},
          {"Training loss", "step", "", {{"empty", {}}, {"it's", {{10, 0.5}}}}}};
}

// Whether a gnuplot is installed that can draw SVG and PNG.
bool has_gnuplot() {
  return std::system("gnuplot -e 'set terminal svg; set terminal pngcairo' >/dev/null 2>&1") == 0;
}

}  // namespace

TEST_CASE("curves.dat has a block per curve, with gaps where there is no number") {
  const TemporaryFolder folder;
  const SearchPath nothing(folder.path());
  write_pictures(folder.path(), two_charts());
  CHECK(file_text(folder.path() / "curves.dat") ==
        "# x y low high: 'Test accuracy' 'batch_norm = false'\n"
        "1 90 89 91\n"
        "2 NaN NaN NaN\n"
        "3 97 NaN NaN\n\n\n"
        "# x y low high: 'Test accuracy' 'batch_norm = true'\n"
        "1 98 97.5 98.5\n"
        "2 98.5 98.25 98.75\n"
        "3 99 98.875 99.125\n\n\n"
        "# x y low high: 'Training loss' 'empty'\n"
        "NaN NaN NaN NaN\n\n\n"
        "# x y low high: 'Training loss' 'it''s'\n"
        "10 0.5 NaN NaN\n\n\n");
}

TEST_CASE("curves.gp draws each block once, in its own panel, under its label") {
  const TemporaryFolder folder;
  const SearchPath nothing(folder.path());
  write_pictures(folder.path(), two_charts(), "a caption");
  const std::string script = file_text(folder.path() / "curves.gp");
  for (const char* line :
       {"set multiplot layout 1,2 title 'a caption' ", "label[2] = 'batch_norm = true'\n",
        "label[4] = 'it''s'\n", "set title 'Test accuracy'\n", "set ylabel '%'\n", "set xtics 1\n",
        "plot for [i=0:1] 'curves.dat' index i using 1:3:4 with filledcurves",
        "for [i=0:1] 'curves.dat' index i using 1:2 with linespoints",
        "plot for [i=2:3] 'curves.dat' index i using 1:3:4 with filledcurves"}) {
    CAPTURE(line);
    CHECK(contains(script, line));
  }
  CHECK(!contains(script, "{{"));
}

TEST_CASE("of long curves at most forty points are marked, and gnuplot chooses their ticks") {
  const TemporaryFolder folder;
  const SearchPath nothing(folder.path());
  Chart chart{"loss", "step", "", {{"a", {}}}};
  for (int i = 0; i < 200; ++i) chart.curves[0].points.push_back({i + 0.0, 1});
  write_pictures(folder.path(), {chart});
  const std::string script = file_text(folder.path() / "curves.gp");
  CHECK(contains(script, " pi 6 "));
  CHECK(contains(script, "set xtics autofreq\n"));
}

TEST_CASE("gnuplot draws both pictures, also of gaps, empty curves and single points") {
  if (!has_gnuplot()) {
    MESSAGE("skipped: there is no gnuplot here");
    return;
  }
  const TemporaryFolder folder;
  CHECK(write_pictures(folder.path(), two_charts(), "a caption") == "");
  CHECK(folder.file_names() ==
        std::vector<std::string>{"curves.dat", "curves.gp", "curves.png", "curves.svg"});
  const std::string svg = file_text(folder.path() / "curves.svg");
  for (const char* text : {"Test accuracy", "batch_norm = true", "a caption", "it's", "</svg>"}) {
    CAPTURE(text);
    CHECK(contains(svg, text));
  }
  CHECK(svg.find("a caption") == svg.rfind("a caption"));  // once, not once a panel
  CHECK(file_text(folder.path() / "curves.png").starts_with("\x89PNG"));
}

TEST_CASE("labels are text, never commands") {
  const std::string hostile =
      "`touch hacked` '; system('touch hacked') \"@x\" \\n $y\n!touch hacked\nsystem 'touch "
      "hacked'";
  const TemporaryFolder folder;
  const std::vector<Chart> charts = {
      {hostile, hostile, hostile, {{hostile, {{1, 1, 0.1}, {2, 2, 0.1}}}}}};
  const std::string problem = write_pictures(folder.path(), charts, hostile);
  // A label ends where its line ends, so no line of either file begins with a part of it.
  for (const char* name : {"curves.dat", "curves.gp"}) {
    const std::string text = file_text(folder.path() / name);
    CHECK(!contains(text, "\n!"));
    CHECK(!contains(text, "\nsystem"));
    CHECK(contains(text, "'`touch hacked` ''; system(''touch hacked'')"));
  }
  if (!has_gnuplot()) return;
  CHECK(problem == "");
  CHECK(!fs::exists(folder.path() / "hacked"));
  const std::string svg = file_text(folder.path() / "curves.svg");
  CHECK(contains(svg, "`touch hacked` '; system('touch hacked')"));
}

TEST_CASE("without gnuplot the numbers and the script are there, and a line says what is not") {
  const TemporaryFolder folder;
  write_atomically(folder.path() / "curves.png", "the picture of an older run");
  const SearchPath nothing(folder.path());
  const std::string problem = write_pictures(folder.path(), two_charts());
  CHECK(problem ==
        "no curves.svg and curves.png: gnuplot is not installed; install gnuplot and run "
        "`gnuplot -d curves.gp` in \"" +
            folder.path().string() + "\"");
  CHECK(folder.file_names() == std::vector<std::string>{"curves.dat", "curves.gp"});
}

TEST_CASE("a gnuplot that fails is reported, and runs in the folder with the script as argument") {
  const TemporaryFolder programs, folder;
  const SearchPath path(programs.path());
  make_gnuplot(programs.path(), "echo \"$@\" > arguments; echo noise; echo noise >&2; exit 3\n");
  CHECK(
      contains(write_pictures(folder.path(), two_charts()), "curves.png: gnuplot failed; install"));
  CHECK(file_text(folder.path() / "arguments") == "-d curves.gp\n");
  make_gnuplot(programs.path(), "kill -9 $$\n");
  CHECK(contains(write_pictures(folder.path(), two_charts()), "gnuplot failed"));
}

TEST_CASE("pictures without all their curves, or that end early, are no pictures") {
  const TemporaryFolder programs, folder;
  const SearchPath path(programs.path());
  // gnuplot draws a band and a line for each of the four curves.
  const std::string groups =
      "<g id=\"gnuplot_plot_1a\"><g id=\"gnuplot_plot_2a\">"
      "<g id=\"gnuplot_plot_3a\"><g id=\"gnuplot_plot_4a\">"
      "<g id=\"gnuplot_plot_1b\"><g id=\"gnuplot_plot_2b\">"
      "<g id=\"gnuplot_plot_3b\">";
  const std::string last = "<g id=\"gnuplot_plot_4b\">";
  const std::string svg = "echo '<svg xmlns=\"x\">" + groups + last + "</svg>' > curves.svg; ";
  const std::string png = "echo 'PNG and so on, IEND' > curves.png; ";
  make_gnuplot(programs.path(), svg + png);
  CHECK(write_pictures(folder.path(), two_charts()) == "");
  for (const std::string& script : {std::string("exit 0"), svg, png, svg + ": > curves.png",
                                    png + "echo '<svg>" + groups + last + "' > curves.svg",
                                    png + "echo '<svg>" + groups + "</svg>' > curves.svg"}) {
    CAPTURE(script);
    make_gnuplot(programs.path(), script);
    CHECK(contains(write_pictures(folder.path(), two_charts()), "did not draw all of them"));
    CHECK(folder.file_names() == std::vector<std::string>{"curves.dat", "curves.gp"});
  }
}

TEST_CASE("a folder with any name is drawn into") {
  if (!has_gnuplot()) return;
  const TemporaryFolder folder;
  const fs::path odd = folder.path() / "-it's $(touch hacked) `touch hacked`; \"x\"";
  fs::create_directory(odd);
  CHECK(write_pictures(odd, two_charts()) == "");
  CHECK(fs::exists(odd / "curves.svg"));
  CHECK(folder.file_names().size() == 1);
}

TEST_CASE("the user's own settings of gnuplot change nothing") {
  if (!has_gnuplot()) return;
  const TemporaryFolder home, folder;
  write_atomically(home.path() / ".gnuplot", "set datafile separator ','\nset key off\n");
  const std::string before = ::getenv("HOME") != nullptr ? ::getenv("HOME") : "";
  ::setenv("HOME", home.path().c_str(), 1);
  CHECK(write_pictures(folder.path(), two_charts()) == "");
  ::setenv("HOME", before.c_str(), 1);
  CHECK(contains(file_text(folder.path() / "curves.svg"), "batch_norm = true"));
}

TEST_CASE("write_pictures refuses what it cannot draw or write") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(write_pictures(folder.path(), {}), "[plot] there must be a chart to draw",
                       Error);
  CHECK_THROWS_WITH_AS(write_pictures(folder.path(), {{"title", "x", "y", {}}}),
                       "[plot] a chart needs a curve: \"title\" has none", Error);
  CHECK(folder.file_names().empty());
  try {
    write_pictures(folder.path() / "missing", two_charts());
    FAIL_CHECK("a missing folder was accepted");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::run_failed);
  }
}

}  // namespace minitape
