// Numbers as text: for files, exactly; for people, rounded.
//
// The room text/ holds what all rooms after it need for text, numbers and files:
//
//   numbers.hpp        numbers as text; the median, percentiles
//   words.hpp          lists of words: joined, "did you mean …?", a command to copy
//   terminal_text.hpp  text made safe to show; tables in columns
//   files.hpp          whole files: read at once, replaced at once
//
// It includes core/ alone. data/ and all rooms after it may include it.
#pragma once

#include <string>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// The shortest text that reads back as the same double: 0.1 is "0.1". NaN is always "nan".
std::string number_text(double value);

/// With `digits` after the point: 98.4321 is "98.43".
std::string fixed(double value, int digits);
/// With a power of ten: 0.00012 is "1.2e-04".
std::string scientific(double value, int digits);
/// With `digits` in all, and a power of ten where that is shorter: 0.123456789 is "0.123457".
std::string significant(double value, int digits = 6);
/// A part of 1 in percent: 0.984 is "98.4 %".
std::string percent(double part, int digits);
/// 6001600 is "6,001,600".
std::string grouped(Index number);
/// "4.2s", "28s", "1m 05s", "2h 03m", "3d 04h"; "?" for what is no duration.
std::string duration_text(double seconds);

/// The value in the middle, or the mean of the two in the middle; NaN for no values.
double median(std::vector<double> values);
/// For each part, below 1, the value that so many of the finite values do not exceed: 0.85 for the
/// 85th percentile. NaN where none is finite.
std::vector<double> percentiles(std::vector<double> values, const std::vector<double>& parts);

}  // namespace minitape
