// Ctrl-C as a request: the run finishes its step and writes a checkpoint.
#pragma once

namespace minitape {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP only asks for the end; a second one ends the
/// program at once. One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether the end was asked for.
  bool received() const;
  /// Ends the program as the signal would have, so that the caller (a shell with a list of
  /// commands) knows that it was interrupted.
  [[noreturn]] void end_program() const;
};

}  // namespace minitape
