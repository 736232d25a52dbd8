#include "minitape/optim/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace minitape {
namespace {

// From `start` at part = 0 to `end` at part = 1, along half a cosine or a straight line.
double anneal(double start, double end, double part, bool linear) {
  if (linear) return start + (end - start) * part;
  return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * part));
}

double one_cycle(const Schedule& schedule, double s) {
  const double last = static_cast<double>(schedule.total_steps) - 1;
  const double start = schedule.peak / schedule.div_factor;
  const double end = start / schedule.final_div_factor;
  const bool linear = schedule.linear;
  // The step at which the peak is reached.
  const double up = schedule.warmup_steps > 0 ? static_cast<double>(schedule.warmup_steps) - 1
                                              : schedule.warmup_fraction * (last + 1) - 1;
  if (s <= up) return up > 0 ? anneal(start, schedule.peak, s / up, linear) : schedule.peak;
  return last > up ? anneal(schedule.peak, end, (s - up) / (last - up), linear) : end;
}

}  // namespace

double Schedule::learning_rate(Index step) const {
  MINITAPE_CHECK(total_steps >= 1, "[schedule] needs at least one step: got ", total_steps);
  const auto s = static_cast<double>(std::clamp<Index>(step, 0, total_steps - 1));
  if (kind == Kind::one_cycle) return one_cycle(*this, s);
  const auto warmup = static_cast<double>(warmup_steps);
  if (s < warmup) return peak * (s + 1) / warmup;
  const auto steps = static_cast<double>(total_steps), interval = static_cast<double>(every);
  if (kind == Kind::step) return peak * std::pow(factor, std::floor(s / interval));
  if (kind == Kind::cosine) return anneal(peak, 0, (s - warmup) / (steps - warmup), false);
  return peak;
}

}  // namespace minitape
