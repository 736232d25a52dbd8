#include "minitape/run/progress.hpp"

#include <chrono>
#include <cmath>

#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

constexpr double kLivePeriod = 0.1;  // seconds between two lines on a terminal
constexpr double kLogPeriod = 5;     // and elsewhere

// Four digits after the point for usual losses, a power of ten for unusual ones.
std::string loss_text(double loss) {
  const double size = std::abs(loss);
  const bool usual = loss == 0 || (size < 1e4 && size >= 1e-3);
  return usual ? fixed(loss, 4) : scientific(loss, 2);
}

}  // namespace

double Progress::steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Progress::Progress(std::ostream& out, bool live, Clock clock)
    : out_(out), live_(live), clock_(std::move(clock)), start_(clock_()), shown_(start_) {}

void Progress::start(const std::string& title) {
  message(title);
  start_ = shown_ = clock_();
  steps_ = images_ = 0;
}

void Progress::step(Index step, Index total_steps, Index epoch, double loss, double accuracy,
                    Index images) {
  ++steps_;
  images_ += images;
  const double now = clock_();
  if (now - shown_ < (live_ ? kLivePeriod : kLogPeriod)) return;
  shown_ = now;

  const double seconds = now - start_;  // above 0, as now is later than shown_
  const double per_second = static_cast<double>(images_) / seconds;
  const double left =
      seconds / static_cast<double>(steps_) * static_cast<double>(total_steps - step);
  const std::string line =
      concat("epoch ", epoch, "  step ", step, "/", total_steps, "  loss ", loss_text(loss),
             "  acc ", percent(accuracy, 1), "  ", fixed(per_second, per_second < 10 ? 1 : 0),
             " images/s  ", duration_text(left), " left");
  if (live_) {
    // Cover what is left of a longer line before.
    const std::size_t longer = on_line_ > line.size() ? on_line_ - line.size() : 0;
    out_ << '\r' << line << std::string(longer, ' ') << std::flush;
    on_line_ = line.size();
  } else {
    out_ << line << std::endl;
  }
}

void Progress::message(const std::string& text) {
  erase_line();
  out_ << terminal_lines(text) << std::endl;
  shown_ = clock_();
}

void Progress::finish() {
  erase_line();
  out_.flush();
}

void Progress::erase_line() {
  if (on_line_ > 0) out_ << '\r' << std::string(on_line_, ' ') << '\r';
  on_line_ = 0;
}

}  // namespace minitape
