// What all fuzz targets share.
//
// A target is a function that libFuzzer calls with one input after the other, and that hands them
// to a parser. The rule: whatever the bytes, the parser either succeeds or throws Error with a
// message. Any other exception, a crash, a leak, undefined behaviour or more than 1 GB of memory is
// a finding, and so is a promise of the parser that does not hold (`expect`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "minitape/core/check.hpp"

/// Ends the run with a finding unless the condition holds.
inline void expect(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "FINDING: this promise does not hold: %s\n", promise);
  std::abort();
}

/// Calls parse(). Returns whether it succeeded; an Error is the other right ending.
template <class Parse>
bool succeeds(Parse parse) {
  try {
    parse();
    return true;
  } catch (const minitape::Error& error) {
    expect(std::string_view(error.what()).starts_with("["), "a message begins with its place");
    expect(std::string_view(error.what()).size() < 100'000, "a message can be read");
    return false;
  }
}

inline std::span<const std::uint8_t> bytes_of(const std::uint8_t* data, std::size_t size) {
  return {data, size};
}

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
