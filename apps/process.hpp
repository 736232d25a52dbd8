// What the command arranges for its own process before it does anything else.
#pragma once

namespace minitape {

/// OpenMP's threads that wait for work spin 300,000 times before they sleep. Where other programs
/// run as well, that made a step ten and more times as slow (docs/performance.md, "Threads").
/// OpenMP reads its settings when a program is loaded, so this one sets them and starts itself
/// again.
void spin_less(char** argv);

/// A standard stream that the caller has closed would give its number to the next file that is
/// opened, and messages would end up between the rows of steps.csv.
void replace_closed_streams();

}  // namespace minitape
