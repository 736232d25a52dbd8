// Parallel loops whose results do not depend on the number of threads.
//
// A range [0, n) is cut into chunks of a fixed size (the grain), which depends on the work alone.
// The threads share out the chunks; a chunk writes only to its own part of the output, or to its
// own partial sum, and partial sums are merged in chunk order by one thread. Floating-point sums
// are therefore always grouped in the same way, with 1 thread or with 64.
#pragma once

#include <functional>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// Grain of loops over single elements: large enough to hide the cost of handing out a chunk.
inline constexpr Index kElementGrain = 32768;

/// How many chunks of `grain` cover [0, n).
inline Index chunk_count(Index n, Index grain) { return (n + grain - 1) / grain; }

/// Calls body(begin, end) for every chunk of [0, n). When a body throws, one of the exceptions is
/// thrown on in the end; other chunks may have been computed or not.
void parallel_for(Index n, Index grain, const std::function<void(Index begin, Index end)>& body);

/// The same, for bodies that keep a partial result: body(chunk, begin, end), with the chunk's
/// number in 0 … chunk_count(n, grain) − 1.
void parallel_chunks(Index n, Index grain,
                     const std::function<void(Index chunk, Index begin, Index end)>& body);

/// How many threads the loops use: all processors unless set, or the environment's OMP_NUM_THREADS.
int thread_count();
void set_thread_count(int threads);  // 1 to 1024; throws otherwise

}  // namespace minitape
