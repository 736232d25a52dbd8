#include "minitape/run/progress.hpp"

#include <algorithm>
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

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Progress::Progress(std::ostream& out, Columns columns, Clock clock)
    : out_(out),
      columns_(std::move(columns)),
      clock_(std::move(clock)),
      start_(clock_()),
      shown_(start_) {}

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
  const std::size_t columns = columns_();
  if (now - shown_ < (columns > 0 ? kLivePeriod : kLogPeriod)) return;
  shown_ = now;

  const double seconds = now - start_;  // above 0, as now is later than shown_
  const double per_second = static_cast<double>(images_) / seconds;
  const double left =
      seconds / static_cast<double>(steps_) * static_cast<double>(total_steps - step);
  const std::string head =
      concat("epoch ", epoch, "  step ", step, "/", total_steps, "  loss ", loss_text(loss));
  const std::string seen = "  acc " + percent(accuracy, 1);
  const std::string speed = concat("  ", fixed(per_second, per_second < 10 ? 1 : 0), " images/s");
  const std::string rest = "  " + duration_text(left) + " left";
  // In a terminal the last column stays free: some wrap as soon as it is written.
  const std::size_t most = columns > 0 ? columns - 1 : std::string::npos;
  std::string line;
  for (const std::string& tail : {seen + speed + rest, speed + rest, speed, std::string()}) {
    line = head + tail;
    if (line.size() <= most) break;
  }
  line = line.substr(0, most);
  if (columns == 0) {
    out_ << line << std::endl;
    return;
  }
  // Cover what is left of a longer line before, as far as the terminal still is as wide.
  const std::size_t longer = std::max(std::min(on_line_, most), line.size()) - line.size();
  out_ << '\r' << line << std::string(longer, ' ') << std::flush;
  on_line_ = line.size();
}

void Progress::message(const std::string& text) {
  finish();
  out_ << terminal_lines(text) << std::endl;
  shown_ = clock_();
}

void Progress::finish() {
  const std::size_t columns = columns_();
  const std::size_t seen = std::min(on_line_, columns > 0 ? columns - 1 : on_line_);
  if (seen > 0) out_ << '\r' << std::string(seen, ' ') << '\r' << std::flush;
  on_line_ = 0;
}

}  // namespace minitape
