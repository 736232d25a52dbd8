// Numbers for the checks of the exercises: as text, compared, and by differences.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <sstream>
#include <string>

#include "minitape/autodiff/tape.hpp"

namespace minitape::exercise {

inline const Tensor kNothing;  // what there is where nothing has arrived: no gradient

// ---- Numbers as text ----

inline std::string text_of(double value, int digits = 6) {
  if (std::isnan(value)) return "NaN";
  if (std::abs(value) < 1e-9 && digits <= 6) value = 0;  // what rounding has left
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, value == 0 ? 0.0 : value);
  return buffer;
}

/// One number, or a line for each row.
inline std::string text_of(const std::string& name, const Tensor& x, int digits = 6) {
  if (x.empty()) return "  " + name + ": nothing\n";
  if (x.size() == 1 && x.shape().rank() < 2) {
    return "  " + name + ": " + text_of(x[0], digits) + "\n";
  }
  const int rank = x.shape().rank();
  const bool one_channel = rank > 2 && x.channels() == 1;  // then a line is a line of the image
  const Index on_a_line = one_channel ? x.shape()[rank - 2] : x.channels();
  std::size_t width = 0;
  for (const Real value : x.values()) width = std::max(width, text_of(value, digits).size());
  std::string text = "  " + name + " " + x.shape().to_string() + ":";
  for (Index i = 0; i < x.size(); ++i) {
    const std::string number = text_of(x[i], digits);
    if (rank > 1 && i % on_a_line == 0) text += "\n   ";
    text += "  " + (rank > 1 ? std::string(width - number.size(), ' ') : "") + number;
  }
  return text + "\n";
}

/// Words in lines of at most 98 columns, two of them empty.
inline std::string wrapped(const std::string& words) {
  std::string text = " ", word;
  int column = 1;
  for (std::istringstream in(words); in >> word;) {
    const auto length =
        static_cast<int>(  // in characters: the bytes that continue one begin with 10
            std::count_if(word.begin(), word.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    if (column + 1 + length > 98) {
      text += "\n ";
      column = 1;
    }
    text += " " + word;
    column += 1 + length;
  }
  return text + "\n";
}

// ---- Comparing ----

inline bool is_near(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

/// The first element in which the two differ; −1 when none does. Of other shapes: 0.
inline Index first_difference(const Tensor& a, const Tensor& b, double tolerance) {
  if (a.empty() && b.empty()) return -1;
  if (a.empty() != b.empty() || a.shape() != b.shape()) return 0;
  for (Index i = 0; i < a.size(); ++i) {
    if (!is_near(a[i], b[i], tolerance)) return i;
  }
  return -1;
}

/// What can be said of wrong numbers without knowing where they come from; "" when nothing can.
inline std::string remark_on(const Tensor& got, const Tensor& expected, double tolerance) {
  if (got.empty() || expected.empty()) return "";
  if (got.shape() != expected.shape()) {
    return concat("  The shape should be ", expected.shape(), ": yours is ", got.shape(), ".\n");
  }
  for (const Real value : got.values()) {
    if (std::isnan(value)) {
      return "  A new tensor is full of NaN in this build: an element that was never written "
             "shows.\n"
             "  Or something was divided by 0.\n";
    }
  }
  double factor = 0;
  for (Index i = 0; i < got.size() && factor == 0; ++i) {
    if (expected[i] != 0) factor = got[i] / expected[i];
  }
  if (factor == 0 || got.size() < 2) return "";
  for (Index i = 0; i < got.size(); ++i) {
    if (!is_near(got[i], factor * expected[i], tolerance)) return "";
  }
  return "  All of your numbers are " + text_of(factor) + " times the right ones.\n";
}

/// The gradient of a value, or nothing where none has arrived.
inline Tensor gradient_of(const Var& x) {
  const Tape::Node& node = x.tape().nodes()[static_cast<std::size_t>(x.index())];
  return node.gradient.empty() ? kNothing : node.gradient;
}

/// ∂loss/∂x by differences.
inline Tensor differences(const std::function<double(const Tensor& x)>& loss, Tensor x,
                          double h = 1e-5) {
  Tensor dx = x;
  for (Index i = 0; i < x.size(); ++i) {
    const Real value = x[i];
    x[i] = value + h;
    const double above = loss(x);
    x[i] = value - h;
    dx[i] = (above - loss(x)) / (2 * h);
    x[i] = value;
  }
  return dx;
}

}  // namespace minitape::exercise
