#include "minitape/run/progress.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>

#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

constexpr double kLivePeriod = 0.1;  // seconds between two lines on a terminal
constexpr double kLogPeriod = 5;     // and elsewhere

// printf into a string.
template <class... Arguments>
std::string formatted(const char* format, Arguments... arguments) {
  char text[64];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

// Four digits after the point for usual losses, the exponent for unusual ones, "nan" for none.
std::string format_loss(double loss) {
  const double size = std::abs(loss);
  const bool usual = loss == 0 || (size < 1e4 && size >= 1e-3);
  return formatted(usual ? "%.4f" : "%.2e", loss);
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
  const std::string line = concat("epoch ", epoch, "  step ", step, "/", total_steps, "  loss ",
                                  format_loss(loss), "  acc ", formatted("%.1f", 100 * accuracy),
                                  " %  ", formatted(per_second < 10 ? "%.1f" : "%.0f", per_second),
                                  " images/s  ", format_duration(left), " left");
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

std::string format_duration(double seconds) {
  if (!(seconds >= 0 && seconds < 1e9)) return "?";
  if (seconds < 9.95) return formatted("%.1fs", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  const long long minutes = whole / 60, hours = minutes / 60;
  if (minutes == 0) return formatted("%llds", whole);
  if (hours == 0) return formatted("%lldm %02llds", minutes, whole % 60);
  if (hours < 24) return formatted("%lldh %02lldm", hours, minutes % 60);
  return formatted("%lldd %02lldh", hours / 24, hours % 24);
}

}  // namespace minitape
