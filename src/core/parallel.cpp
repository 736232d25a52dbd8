#include "minitape/core/parallel.hpp"

#include <omp.h>

#include <algorithm>
#include <exception>

namespace minitape {

void parallel_for(Index n, Index grain, const std::function<void(Index, Index)>& body) {
  parallel_chunks(n, grain, [&](Index, Index begin, Index end) { body(begin, end); });
}

void parallel_chunks(Index n, Index grain, const std::function<void(Index, Index, Index)>& body) {
  MINITAPE_CHECK(grain > 0, "[parallel] the grain must be positive: got ", grain);
  const Index chunks = chunk_count(n, grain);
  // A single chunk, or a loop inside a parallel loop, is not worth waking anyone.
  if (chunks <= 1 || omp_in_parallel()) {
    for (Index c = 0; c < chunks; ++c) body(c, c * grain, std::min(n, (c + 1) * grain));
    return;
  }
  // An exception must not leave the parallel region: keep one for afterwards.
  std::exception_ptr thrown;
  // Static: a thread gets the same part in every loop and finds in its cache what it wrote there.
#pragma omp parallel for schedule(static) shared(thrown)
  for (Index c = 0; c < chunks; ++c) {
    try {
      body(c, c * grain, std::min(n, (c + 1) * grain));
    } catch (...) {
#pragma omp critical(minitape_exception)
      thrown = std::current_exception();
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

int thread_count() { return omp_get_max_threads(); }

void set_thread_count(int threads) {
  MINITAPE_CHECK(threads >= 1 && threads <= 1024, "[threads] must be from 1 to 1024: got ",
                 threads);
  omp_set_num_threads(threads);
}

}  // namespace minitape
