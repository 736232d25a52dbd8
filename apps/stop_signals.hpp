// Ctrl-C as a request: the run finishes its step and writes a checkpoint.
#pragma once

namespace minitape {

/// From here on the first SIGINT, SIGTERM or SIGHUP only asks for the end; a second one ends the
/// program at once.
void catch_stop_signals();

/// Whether the end was asked for.
bool stop_requested();

/// Ends the program as the signal would have, so that the caller (a shell with a list of commands)
/// knows that it was interrupted.
[[noreturn]] void end_as_stopped();

}  // namespace minitape
