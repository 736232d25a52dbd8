// One error type and one way to raise it.
//
// Messages have the form "[where] what must hold: what was found", for example
//   [matmul] needs (M, K) and (K, N): got (64, 784) and (128, 10)
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace minitape {

/// Whose fault it is; the number is the exit code of the command.
enum class Fault {
  run_failed = 1,  // the run could not go on: the disk is full, the loss is no longer finite
  bad_input = 2,   // the caller handed in something that cannot work: a shape, a file, a config key
};

/// The only exception that minitape throws itself.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, Fault fault = Fault::bad_input)
      : std::runtime_error(message), fault_(fault) {}
  Fault fault() const { return fault_; }  // whose it is

 private:
  Fault fault_;
};

/// All parts, written one after the other with `<<`.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

}  // namespace minitape

/// Throws Error with the given parts as its message unless `condition` holds.
/// A macro so that the message is only put together when it is needed.
#define MINITAPE_CHECK(condition, ...)                                          \
  do {                                                                          \
    if (!(condition)) throw ::minitape::Error(::minitape::concat(__VA_ARGS__)); \
  } while (false)
