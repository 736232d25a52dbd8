#include "minitape/text/numbers.hpp"

#include <cmath>

#include "testing.hpp"

namespace minitape {
namespace {

TEST_CASE("number_text: the shortest text that reads back, in any locale") {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(3) == "3");
  CHECK(number_text(1e-300) == "1e-300");
  CHECK(number_text(kNaN) == "nan");
  CHECK(number_text(-kNaN) == "nan");
  CHECK(number_text(-kInfinity) == "-inf");
  CHECK(std::stod(number_text(1.0 / 3)) == 1.0 / 3);
}

TEST_CASE("fixed, scientific, significant, percent: rounded for people") {
  CHECK(fixed(98.4361, 2) == "98.44");
  CHECK(fixed(-0.5, 0) == "-0");
  CHECK(fixed(1e300, 1).size() == 303);
  CHECK(scientific(0.00012, 1) == "1.2e-04");
  CHECK(significant(0.123456789) == "0.123457");
  CHECK(significant(1234567, 3) == "1.23e+06");
  CHECK(percent(0.98436, 1) == "98.4 %");
  CHECK(fixed(-kNaN, 2) == "nan");
  CHECK(significant(-kNaN) == "nan");
}

TEST_CASE("grouped: three digits and a comma") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(6001600) == "6,001,600");
}

TEST_CASE("duration_text: durations as people say them") {
  CHECK(duration_text(0) == "0.0s");
  CHECK(duration_text(4.24) == "4.2s");
  CHECK(duration_text(9.94) == "9.9s");
  CHECK(duration_text(9.95) == "10s");
  CHECK(duration_text(59.4) == "59s");
  CHECK(duration_text(59.6) == "1m 00s");
  CHECK(duration_text(65) == "1m 05s");
  CHECK(duration_text(3599.7) == "1h 00m");
  CHECK(duration_text(2 * 3600 + 3 * 60 + 59) == "2h 03m");
  CHECK(duration_text(86400) == "1d 00h");
  CHECK(duration_text(3 * 86400 + 4 * 3600) == "3d 04h");
  CHECK(duration_text(-1) == "?");
  CHECK(duration_text(kNaN) == "?");
  CHECK(duration_text(1e300) == "?");
}

TEST_CASE("median: the middle, or the mean of the two in the middle") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 3, 2}) == 2.5);
  CHECK(std::isnan(median({})));
}

TEST_CASE("percentiles: in the order of the parts, of the finite values alone") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  CHECK(percentiles({7, nan, 3, 1, infinity, 2, 5, 4, 6, 8, 9, 0}, {0.85, 0.15, 0.5}) ==
        std::vector<double>{8, 1, 5});
  CHECK(std::isnan(percentiles({nan}, {0.5}).at(0)));
}

}  // namespace
}  // namespace minitape
