#include "minitape/compare/plot.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "minitape/text/files.hpp"
#include "temporary_folder.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

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
           {{"batch_norm = false", {1, 2, 3}, {90, kNaN, 97}, {1, 1, kNaN}},
            {"batch_norm = true", {1, 2, 3}, {98, 98.5, 99}, {0.5, 0.25, 0.125}}}},
          {"Training loss", "step", "", {{"empty", {}, {}, {}}, {"it's", {10}, {0.5}, {}}}}};
}

// Whether a gnuplot is installed that can draw SVG and PNG.
bool has_gnuplot() {
  return std::system("gnuplot -e 'set terminal svg; set terminal pngcairo' >/dev/null 2>&1") == 0;
}

}  // namespace

TEST_CASE("curves.dat has a block per curve, with gaps where there is no number") {
  const TemporaryFolder folder;
  const SearchPath nothing(folder.path());
  write_curves(folder.path(), two_charts());
  CHECK(file_text(folder.path() / "curves.dat") ==
        "# 'Test accuracy' 'batch_norm = false'\n"
        "# x y low high\n"
        "1 90 89 91\n"
        "2 NaN NaN NaN\n"
        "3 97 NaN NaN\n\n\n"
        "# 'Test accuracy' 'batch_norm = true'\n"
        "# x y low high\n"
        "1 98 97.5 98.5\n"
        "2 98.5 98.25 98.75\n"
        "3 99 98.875 99.125\n\n\n"
        "# 'Training loss' 'empty'\n"
        "# x y low high\n"
        "NaN NaN NaN NaN\n\n\n"
        "# 'Training loss' 'it''s'\n"
        "# x y low high\n"
        "10 0.5 NaN NaN\n\n\n");
}

TEST_CASE("curves.gp draws each block once, in its own panel, under its label") {
  const TemporaryFolder folder;
  const SearchPath nothing(folder.path());
  write_curves(folder.path(), two_charts(), "a caption");
  const std::string script = file_text(folder.path() / "curves.gp");
  CHECK(contains(script, "set multiplot layout 1,2 "));
  CHECK(contains(script, "'a caption'"));
  CHECK(contains(script, "set title 'Test accuracy'"));
  CHECK(contains(script, "set xtics ('1' 1, '2' 2, '3' 3)\n"));
  CHECK(contains(script, "set ylabel '%'"));
  CHECK(contains(script, "title 'batch_norm = true'\n"));
  CHECK(contains(script, "title 'it''s'\n"));
  for (int index = 0; index < 4; ++index) {
    CAPTURE(index);
    const std::string block = "'curves.dat' index " + std::to_string(index);
    CHECK(contains(script, block + " using 1:3:4 with filledcurves"));
    CHECK(contains(script, block + " using 1:2 with linespoints"));
    CHECK(script.find(block + " using 1:3:4") < script.find(block + " using 1:2"));
  }
  CHECK(!contains(script, "index 4"));
  // The legend goes where the curves are not: they rise in the first panel, and not in the second.
  CHECK(contains(script, "bottom right"));
}

TEST_CASE("a legend of falling curves is at the top, long curves have no markers") {
  const TemporaryFolder folder;
  const SearchPath nothing(folder.path());
  Chart chart{"loss", "step", "", {{"a", {}, {}, {}}}};
  for (int i = 0; i < 41; ++i) {
    chart.curves[0].x.push_back(i);
    chart.curves[0].y.push_back(-i);
  }
  write_curves(folder.path(), {chart});
  const std::string script = file_text(folder.path() / "curves.gp");
  CHECK(contains(script, "top right"));
  CHECK(!contains(script, "bottom right"));
  CHECK(contains(script, "using 1:2 with lines lc"));
}

TEST_CASE("gnuplot draws both pictures, also of gaps, empty curves and single points") {
  if (!has_gnuplot()) {
    MESSAGE("skipped: there is no gnuplot here");
    return;
  }
  const TemporaryFolder folder;
  CHECK(write_curves(folder.path(), two_charts(), "a caption") == "");
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
      {hostile, hostile, hostile, {{hostile, {1, 2}, {1, 2}, {0.1, 0.1}}}}};
  const std::string problem = write_curves(folder.path(), charts, hostile);
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
  const std::string problem = write_curves(folder.path(), two_charts());
  CHECK(problem ==
        "no curves.svg and curves.png: gnuplot cannot be started: No such file or "
        "directory; install gnuplot and run `gnuplot curves.gp` in \"" +
            folder.path().string() + "\"");
  CHECK(folder.file_names() == std::vector<std::string>{"curves.dat", "curves.gp"});
}

TEST_CASE("a gnuplot that fails is reported, and runs in the folder with the script as argument") {
  const TemporaryFolder programs, folder;
  const SearchPath path(programs.path());
  make_gnuplot(programs.path(), "echo \"$@\" > arguments; echo noise; echo noise >&2; exit 3\n");
  CHECK(contains(write_curves(folder.path(), two_charts()), "curves.png: gnuplot failed; install"));
  CHECK(file_text(folder.path() / "arguments") == "curves.gp\n");
  make_gnuplot(programs.path(), "kill -9 $$\n");
  CHECK(contains(write_curves(folder.path(), two_charts()), "gnuplot failed"));
}

TEST_CASE("pictures that are not whole are no pictures: gnuplot does not notice a full disk") {
  const TemporaryFolder programs, folder;
  const SearchPath path(programs.path());
  const std::string svg = "echo '<svg xmlns=\"x\"></svg>' > curves.svg; ";
  const std::string png = "echo 'PNG and so on, IEND' > curves.png; ";
  make_gnuplot(programs.path(), svg + png);
  CHECK(write_curves(folder.path(), two_charts()) == "");
  for (const std::string& script : {std::string("exit 0"), svg, png, svg + ": > curves.png",
                                    png + "echo '<svg>' > curves.svg"}) {
    CAPTURE(script);
    make_gnuplot(programs.path(), script);
    CHECK(contains(write_curves(folder.path(), two_charts()), "did not write them to their end"));
    CHECK(folder.file_names() == std::vector<std::string>{"curves.dat", "curves.gp"});
  }
}

TEST_CASE("write_curves refuses what it cannot draw or write") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(write_curves(folder.path(), {}), "[plot] there must be a chart to draw",
                       Error);
  CHECK_THROWS_WITH_AS(write_curves(folder.path(), {{"title", "x", "y", {}}}),
                       "[plot] a chart needs a curve: \"title\" has none", Error);
  CHECK_THROWS_AS(write_curves(folder.path(), {{"t", "x", "y", {{"c", {1}, {}, {}}}}}), Error);
  CHECK(folder.file_names().empty());
  try {
    write_curves(folder.path() / "missing", two_charts());
    FAIL_CHECK("a missing folder was accepted");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::run_failed);
  }
}

}  // namespace minitape
