#include "minitape/core/parallel.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "testing.hpp"

namespace minitape {
namespace {

doctest::skip threads_only() {
#ifdef MINITAPE_ONE_THREAD
  return true;
#else
  return false;
#endif
}

}  // namespace

TEST_CASE("chunk_count rounds up") {
  CHECK(chunk_count(0, 4) == 0);
  CHECK(chunk_count(1, 4) == 1);
  CHECK(chunk_count(4, 4) == 1);
  CHECK(chunk_count(5, 4) == 2);
  CHECK(chunk_count(9, 1) == 9);
}

TEST_CASE("parallel_for visits every index once, for odd sizes and grains") {
  for (const Index n : {0, 1, 7, 64, 1001}) {
    for (const Index grain : {1, 3, 64, 5000}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
      parallel_for(n, grain, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      CAPTURE(n);
      CAPTURE(grain);
      CHECK(std::all_of(visits.begin(), visits.end(), [](const auto& v) { return v == 1; }));
    }
  }
}

TEST_CASE("parallel_chunks cuts at multiples of the grain, whatever the number of threads") {
  for (const int threads : {1, 2, 3}) {
    const UseThreads use(threads);
    std::mutex mutex;
    std::set<std::vector<Index>> chunks;
    parallel_chunks(10, 4, [&](Index chunk, Index begin, Index end) {
      const std::lock_guard lock(mutex);
      chunks.insert({chunk, begin, end});
    });
    CHECK(chunks == std::set<std::vector<Index>>{{0, 0, 4}, {1, 4, 8}, {2, 8, 10}});
  }
}

TEST_CASE("two threads work at the same time" * threads_only()) {
  const UseThreads two(2);
  // Each of two chunks waits until the other has begun, which one thread alone never sees.
  std::atomic<int> begun = 0, met = 0;
  parallel_for(2, 1, [&](Index, Index) {
    ++begun;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (begun < 2 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    if (begun == 2) ++met;
  });
  CHECK(met == 2);
}

TEST_CASE("a loop inside of a parallel loop works, on the thread that calls it") {
  const UseThreads two(2);
  std::atomic<int> visits = 0;
  std::atomic<bool> moved = false;
  parallel_for(5, 1, [&](Index, Index) {
    const auto outer = std::this_thread::get_id();
    parallel_for(7, 2, [&](Index begin, Index end) {
      visits += static_cast<int>(end - begin);
      if (std::this_thread::get_id() != outer) moved = true;
    });
  });
  CHECK(visits == 35);
  CHECK_FALSE(moved);
}

TEST_CASE("sums merged in chunk order have the same bits with 1, 2 and 3 threads") {
  const Tensor x = random_tensor("sum", {100'003});
  const auto sum = [&] {
    std::vector<Real> partial(static_cast<std::size_t>(chunk_count(x.size(), 1000)));
    parallel_chunks(x.size(), 1000, [&](Index chunk, Index begin, Index end) {
      for (Index i = begin; i < end; ++i) partial[static_cast<std::size_t>(chunk)] += x[i];
    });
    Real total = 0;
    for (const Real value : partial) total += value;
    return std::vector<Tensor>{Tensor::scalar(total)};
  };
  CHECK(depends_on_threads(sum) == "");
}

TEST_CASE("what a body throws is thrown on, from whichever thread it comes") {
  for (const int threads : {1, 2}) {
    const UseThreads use(threads);
    CHECK(error_lacks({"[test] chunk 3"}, [] {
            parallel_chunks(10, 1, [](Index chunk, Index, Index) {
              MINITAPE_CHECK(chunk != 3, "[test] chunk ", chunk);
            });
          }) == "");
  }
}

TEST_CASE("a single chunk throws as a plain call would") {
  CHECK(error_lacks({"[test] only one"}, [] {
          parallel_for(10, 10, [](Index, Index) { throw Error("[test] only one"); });
        }) == "");
}

TEST_CASE("a grain of zero and a useless number of threads are refused") {
  CHECK(error_lacks({"[parallel] the grain must be positive: got 0"},
                    [] { parallel_for(5, 0, [](Index, Index) {}); }) == "");
  CHECK(error_lacks({"[threads] must be from 1 to 1024: got 0"}, [] { set_thread_count(0); }) ==
        "");
  CHECK(error_lacks({"[threads] must be from 1 to 1024: got 1025"},
                    [] { set_thread_count(1025); }) == "");
}

TEST_CASE("thread_count tells what was set" * threads_only()) {
  CHECK(thread_count() >= 1);
  const UseThreads three(3);
  CHECK(thread_count() == 3);
}

}  // namespace minitape
