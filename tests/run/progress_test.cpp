#include "minitape/run/progress.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include "testing.hpp"

namespace minitape {
namespace {

// A progress whose clock the test sets, and what it has printed since it was last looked at.
struct Watched {
  explicit Watched(std::size_t width)
      : columns(width),
        progress(
            out, [this] { return columns; }, [this] { return now; }) {}

  std::string printed() {
    std::string text = out.str();
    out.str("");
    return text;
  }

  double now = 1000;
  std::size_t columns;  // of the terminal; 0: there is none
  std::ostringstream out;
  Progress progress;
};

// What a terminal shows after this text: '\r' goes back to the start of the line.
std::string on_screen(const std::string& text) {
  std::string screen, line;
  std::size_t column = 0;
  const auto visible = [&] { return line.substr(0, line.find_last_not_of(' ') + 1); };
  for (const char letter : text) {
    if (letter == '\n') {
      screen += visible() + '\n';
      line.clear();
      column = 0;
    } else if (letter == '\r') {
      column = 0;
    } else {
      line.resize(std::max(line.size(), column + 1));
      line[column++] = letter;
    }
  }
  return screen + visible();
}

}  // namespace

TEST_CASE("a log gets a line every five seconds") {
  Watched watched(0);
  watched.now += 4.9;
  watched.progress.step(1, 100, 1, 2.3, 0.1, 128);
  CHECK(watched.printed() == "");
  // 10 seconds for 2 steps: 98 more take 490 s.
  watched.now += 5.1;
  watched.progress.step(2, 100, 1, 0.51234, 0.877, 128);
  CHECK(watched.printed() ==
        "epoch 1  step 2/100  loss 0.5123  acc 87.7 %  26 images/s  8m 10s left\n");
  watched.now += 4.9;
  watched.progress.step(3, 100, 1, 0.5, 0.9, 128);
  CHECK(watched.printed() == "");
  watched.progress.message("epoch 1: test accuracy 98 %");
  CHECK(watched.printed() == "epoch 1: test accuracy 98 %\n");
  // The message was a sign of life as well.
  watched.now += 0.2;
  watched.progress.step(4, 100, 2, 0.5, 0.9, 128);
  CHECK(watched.printed() == "");
  watched.progress.finish();
  CHECK(watched.printed() == "");
}

TEST_CASE("a terminal has one line, rewritten ten times a second") {
  Watched watched(100);
  int lines = 0;
  std::string text;
  for (int i = 1; i <= 1000; ++i) {
    watched.now += 0.01;
    watched.progress.step(i, 1000, 1, 1.5, 0.5, 10);
    const std::string printed = watched.printed();
    lines += !printed.empty();
    text += printed;
    CHECK(printed.find('\n') == std::string::npos);
  }
  CHECK(lines >= 90);
  CHECK(lines <= 100);
  CHECK(on_screen(text).starts_with("epoch 1  step "));
  CHECK(on_screen(text).find("1000 images/s") != std::string::npos);
}

TEST_CASE("a shorter line leaves nothing of the longer one, a message goes above, the end erases") {
  Watched watched(100);
  watched.now += 100;
  watched.progress.step(1, 2, 1, 1.5e10, 0.5, 1000000);
  std::string text = watched.printed();
  CHECK(on_screen(text) ==
        "epoch 1  step 1/2  loss 1.50e+10  acc 50.0 %  10000 images/s  1m 40s left");
  watched.now += 100;
  watched.progress.step(2, 2, 1, 0, 0, 0);
  text += watched.printed();
  CHECK(on_screen(text) == "epoch 1  step 2/2  loss 0.0000  acc 0.0 %  5000 images/s  0.0s left");
  watched.progress.message("done");
  text += watched.printed();
  CHECK(on_screen(text) == "done\n");
  watched.now += 100;
  watched.progress.step(2, 2, 1, 0, 0, 0);
  watched.progress.finish();
  text += watched.printed();
  CHECK(on_screen(text) == "done\n");
  watched.progress.finish();
  CHECK(watched.printed() == "");
}

TEST_CASE("the live line goes when the progress goes, as when an exception passes") {
  std::ostringstream out;
  {
    double now = 0;
    Progress progress(
        out, [] { return 80; }, [&] { return now; });
    now = 1;
    progress.step(1, 2, 1, 1, 1, 1);
    CHECK(on_screen(out.str()) != "");
  }
  out << "error: disk full\n";
  CHECK(on_screen(out.str()) == "error: disk full\n");
}

TEST_CASE("the live line stays within the terminal, whose width may change") {
  Watched watched(100);
  std::string text;
  for (const std::size_t columns : {100, 75, 74, 63, 62, 49, 48, 20, 5, 1, 100}) {
    watched.columns = columns;
    watched.now += 1;
    watched.progress.step(1, 2345, 1, 0.0712, 0.977, 7510);
    const std::string line = watched.printed();
    CAPTURE(line);
    CHECK(line.size() <= columns);  // "\r" and columns - 1 letters
    CHECK((columns < 75) == (line.find("acc") == std::string::npos));
    CHECK((columns < 63) == (line.find(" left") == std::string::npos));
    CHECK((columns < 49) == (line.find("images/s") == std::string::npos));
    text += line;
  }
  CHECK(on_screen(text).ends_with("7510 images/s  39m 04s left"));
  watched.columns = 30;
  watched.progress.finish();
  CHECK(watched.printed() == "\r" + std::string(29, ' ') + "\r");
}

TEST_CASE("start begins a new run with a new count") {
  Watched watched(0);
  watched.now += 1000;
  watched.progress.step(1, 10, 1, 1, 1, 1000);
  watched.printed();
  watched.progress.start("batch_norm = true, seed 1");
  CHECK(watched.printed() == "batch_norm = true, seed 1\n");
  watched.now += 10;
  watched.progress.step(1, 3, 1, 1, 1, 500);
  CHECK(watched.printed() ==
        "epoch 1  step 1/3  loss 1.0000  acc 100.0 %  50 images/s  20s left\n");
}

TEST_CASE("a resumed run counts its own steps alone") {
  Watched watched(0);
  watched.now += 10;
  watched.progress.step(901, 1000, 9, 1, 1, 100);  // the first one of this process
  CHECK(watched.printed() ==
        "epoch 9  step 901/1000  loss 1.0000  acc 100.0 %  10 images/s  16m 30s left\n");
}

TEST_CASE("no number stops the show") {
  Watched watched(0);
  watched.now += 5;
  watched.progress.step(1, 0, 1, kNaN, kNaN, 0);
  CHECK(watched.printed() == "epoch 1  step 1/0  loss nan  acc nan %  0.0 images/s  ? left\n");
  watched.now += 5;
  watched.progress.step(2, 2, 1, std::numeric_limits<double>::infinity(), 1, 1);
  CHECK(watched.printed() == "epoch 1  step 2/2  loss inf  acc 100.0 %  0.1 images/s  0.0s left\n");
  watched.now += 5;
  watched.progress.step(3, 3, 1, 2.5e-7, 1, 1);
  CHECK(watched.printed().find("loss 2.50e-07 ") != std::string::npos);
  watched.progress.step(4, 4, 1, 1, 1, 1);  // no time has passed
  CHECK(watched.printed() == "");
}

TEST_CASE("the clock of the program goes forward, in seconds") {
  const double before = steady_seconds();
  const double after = steady_seconds();
  CHECK(after >= before);
  CHECK(after - before < 60);
}

}  // namespace minitape
