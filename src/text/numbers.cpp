#include "minitape/text/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "minitape/core/check.hpp"

namespace minitape {
namespace {

// With std::to_chars, which knows no locale.
template <class... Format>
std::string written(double value, Format... format) {
  if (std::isnan(value)) return "nan";  // which may have a sign otherwise
  char text[400];                       // the largest double has 309 digits
  return {text, std::to_chars(text, text + sizeof text, value, format...).ptr};
}

}  // namespace

std::string number_text(double value) { return written(value); }

std::string fixed(double value, int digits) {
  return written(value, std::chars_format::fixed, digits);
}

std::string scientific(double value, int digits) {
  return written(value, std::chars_format::scientific, digits);
}

std::string significant(double value, int digits) {
  return written(value, std::chars_format::general, digits);
}

std::string percent(double part, int digits) { return fixed(100 * part, digits) + " %"; }

std::string grouped(Index number) {
  std::string digits = std::to_string(number);
  for (Index i = std::ssize(digits) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), 1, ',');
  }
  return digits;
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0 && seconds < 1e9)) return "?";
  if (seconds < 9.95) return fixed(seconds, 1) + "s";
  const Index whole = std::llround(seconds);
  const Index minutes = whole / 60, hours = minutes / 60, days = hours / 24;
  const auto two_digits = [](Index number) { return concat(number < 10 ? "0" : "", number); };
  if (minutes == 0) return concat(whole, "s");
  if (hours == 0) return concat(minutes, "m ", two_digits(whole % 60), "s");
  if (days == 0) return concat(hours, "h ", two_digits(minutes % 60), "m");
  return concat(days, "d ", two_digits(hours % 24), "h");
}

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> percentiles(std::vector<double> values, const std::vector<double>& parts) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  std::vector<double> result(parts.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < parts.size() && !values.empty(); ++i) {
    const auto place =
        values.begin() + static_cast<Index>(parts[i] * static_cast<double>(values.size()));
    std::ranges::nth_element(values, place);  // for millions of numbers, sorting takes seconds
    result[i] = *place;
  }
  return result;
}

}  // namespace minitape
