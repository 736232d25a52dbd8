// What the tests of all chapters share: tensors to try things on, comparisons that say how far off
// a result is, and checks of error texts.
//
// The comparisons return an empty text when all is well and say what is wrong otherwise. A test
// reads  CHECK(mismatch(y, expected) == "")  and its failure shows the line and the reason.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "minitape/core/allocator.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/core/random.hpp"
#include "minitape/core/tensor.hpp"

namespace minitape {

/// Decorates tests that need more digits than float has: TEST_CASE("…" * double_only()).
inline doctest::skip double_only() { return doctest::skip(sizeof(Real) == sizeof(float)); }

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// What a few dozen roundings can add up to, relative to the result.
inline constexpr double kRounding = 32 * double{std::numeric_limits<Real>::epsilon()};

// ---- Tensors ----

/// The element at (i, j, …), checked.
inline Real at(const Tensor& x, std::initializer_list<Index> position) {
  MINITAPE_CHECK(static_cast<int>(position.size()) == x.shape().rank(), "[test] wrong rank");
  Index offset = 0;
  int axis = 0;
  for (const Index i : position) {
    MINITAPE_CHECK(i >= 0 && i < x.shape()[axis], "[test] no such element");
    offset = offset * x.shape()[axis++] + i;
  }
  return x[offset];
}

/// The given numbers as a tensor; they need not be exact in Real.
inline Tensor numbers(const Shape& shape, std::initializer_list<double> values) {
  Tensor x = Tensor::uninitialized(shape);
  MINITAPE_CHECK(static_cast<Index>(values.size()) == x.size(), "[test] wrong number of values");
  std::transform(values.begin(), values.end(), x.data(), [](double v) { return Real(v); });
  return x;
}

/// Normal numbers from the stream of that name.
inline Tensor random_tensor(std::string_view name, const Shape& shape, double mean = 0,
                            double deviation = 1) {
  Random random = stream(1, name);
  Tensor x = Tensor::uninitialized(shape);
  for (Real& value : x.values()) value = static_cast<Real>(mean + deviation * random.normal());
  return x;
}

// ---- Comparisons ----

/// Compares shapes and elements. `tolerance` is relative for elements larger than 1, else absolute.
inline std::string mismatch(const Tensor& actual, const Tensor& expected,
                            double tolerance = kRounding) {
  if (actual.shape() != expected.shape() || actual.size() != expected.size()) {
    return concat("shape is ", actual.shape(), ", expected ", expected.shape());
  }
  double largest = -1;
  Index where = 0;
  for (Index i = 0; i < actual.size(); ++i) {
    const double a = double{actual[i]}, e = double{expected[i]};
    const double error = std::abs(a - e) / std::max(1.0, std::abs(e));
    if (error > largest || std::isnan(error)) {
      largest = error;
      where = i;
    }
    if (std::isnan(error)) break;
  }
  if (largest <= tolerance) return "";
  return concat("largest difference ", largest, " (tolerance ", tolerance, ") at element ", where,
                " of ", actual.shape(), ": ", actual[where], ", expected ", expected[where]);
}

/// The same for exact equality of every bit: tells 0 from −0, and a NaN equals itself.
inline std::string different_bits(const Tensor& actual, const Tensor& expected) {
  if (actual.shape() != expected.shape() || actual.size() != expected.size()) {
    return concat("shape is ", actual.shape(), ", expected ", expected.shape());
  }
  for (Index i = 0; i < actual.size(); ++i) {
    if (std::memcmp(&actual.data()[i], &expected.data()[i], sizeof(Real)) == 0) continue;
    return concat("element ", i, " of ", actual.shape(), " is ", actual[i], ", expected ",
                  expected[i], ", a difference of ", actual[i] - expected[i]);
  }
  return "";
}

// ---- Threads ----

/// While it lives, parallel loops use that many threads.
class UseThreads {
 public:
  explicit UseThreads(int threads) : before_(thread_count()) { set_thread_count(threads); }
  ~UseThreads() { set_thread_count(before_); }
  UseThreads(const UseThreads&) = delete;
  UseThreads& operator=(const UseThreads&) = delete;

 private:
  int before_;
};

/// Calls compute(), which returns tensors, with 1, 2 and 3 threads and compares the bits.
template <class Compute>
std::string depends_on_threads(Compute compute) {
  std::vector<Tensor> expected;
  for (const int threads : {1, 2, 3}) {
    const UseThreads use(threads);
    const std::vector<Tensor> actual = compute();
    if (threads == 1) expected = actual;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string text = different_bits(actual[i], expected[i]);
      if (!text.empty()) return concat(threads, " threads, tensor ", i, ": ", text);
    }
  }
  return "";
}

// ---- Memory ----

/// Gives every buffer that is kept for later back to the system.
inline void release_kept_buffers() { set_memory_limit(allocator_stats().limit); }

/// While it lives, tensors may take no more than that.
class LimitMemory {
 public:
  explicit LimitMemory(std::size_t bytes) : before_(allocator_stats().limit) {
    set_memory_limit(bytes);
  }
  ~LimitMemory() { set_memory_limit(before_); }
  LimitMemory(const LimitMemory&) = delete;
  LimitMemory& operator=(const LimitMemory&) = delete;

 private:
  std::size_t before_;
};

// ---- Errors ----

/// "" when call() throws an Error for bad input whose text contains all the parts.
template <class Call>
std::string error_lacks(std::initializer_list<std::string_view> parts, Call call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string_view text = error.what();
    if (error.fault() != Fault::bad_input) return concat("not counted as bad input: ", text);
    for (const std::string_view part : parts) {
      if (text.find(part) == text.npos) return concat("\"", part, "\" is missing in: ", text);
    }
    return "";
  }
  return "no Error was thrown";
}

}  // namespace minitape
