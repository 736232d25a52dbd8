// The command as a process: what it arranges before it begins, and how a signal stops a run.
#pragma once

#include <cstddef>

namespace minitape {

/// OpenMP's threads that wait for work spin 300,000 times before they sleep. Where other programs
/// run as well, that made a step ten and more times as slow (docs/performance.md, "Threads").
/// OpenMP reads its settings when a program is loaded, so this one sets them and starts itself
/// again. Where that is impossible it goes on without.
void spin_less(char** argv);

/// How many threads can be started, at most `wanted` and at least this one: a limit on processes
/// (ulimit -u, a container's) may allow fewer. OpenMP itself would end the program.
int startable_threads(int wanted);

/// Whether so many threads can multiply matrices: OpenBLAS maps 128 MB for each thread, and where a
/// limit (ulimit -v) forbids that it tries again for ever.
bool has_room_for_blas(int threads);

/// The width of the terminal that stderr is; 0 where it is none or does not say.
std::size_t terminal_columns();

/// A standard stream that the caller has closed would give its number to the next file that is
/// opened, and messages would end up between the rows of steps.csv.
void replace_closed_streams();

/// From here on the first SIGINT (Ctrl-C), SIGTERM or SIGHUP only asks for the end: the run
/// finishes its step and writes a checkpoint. A second one ends the program at once.
void catch_stop_signals();

/// Whether the end was asked for.
bool stop_requested();

/// Ends the program as the signal would have, so that the caller (a shell with a list of commands)
/// knows that it was interrupted.
[[noreturn]] void end_as_stopped();

}  // namespace minitape
