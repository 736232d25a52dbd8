#include "minitape/core/allocator.hpp"

#include <utility>

#include "testing.hpp"

namespace minitape {
namespace {

#ifdef MINITAPE_SANITIZE
constexpr bool kBuffersAreKept = false;  // the sanitizer gets a fresh buffer every time
#else
constexpr bool kBuffersAreKept = true;
#endif

}  // namespace

TEST_CASE("a freed buffer serves the next request of its size" * doctest::skip(!kBuffersAreKept)) {
  release_kept_buffers();
  void* first = nullptr;
  {
    const Storage storage(1000);
    first = storage.data();
  }
  const std::size_t requests = allocator_stats().system_requests;
  const Storage again(1000);
  CHECK(again.data() == first);
  CHECK(allocator_stats().system_requests == requests);

  // A second one at the same time, or one of another size, needs memory of its own.
  const Storage second(1000), larger(5000);
  CHECK(second.data() != first);
  CHECK(allocator_stats().system_requests == requests + 2);
}

TEST_CASE("sizes are rounded up to whole cache lines" * doctest::skip(!kBuffersAreKept)) {
  release_kept_buffers();
  { const Storage storage(1); }
  const std::size_t requests = allocator_stats().system_requests;
  { const Storage storage(64); }
  CHECK(allocator_stats().system_requests == requests);
  { const Storage storage(65); }
  CHECK(allocator_stats().system_requests == requests + 1);
}

TEST_CASE("the statistics follow every byte" * doctest::skip(!kBuffersAreKept)) {
  release_kept_buffers();
  const AllocatorStats before = allocator_stats();
  CHECK(before.bytes_kept == 0);
  {
    const Storage storage(128);
    CHECK(allocator_stats().bytes_in_use == before.bytes_in_use + 128);
    CHECK(allocator_stats().bytes_kept == 0);
  }
  CHECK(allocator_stats().bytes_in_use == before.bytes_in_use);
  CHECK(allocator_stats().bytes_kept == 128);
  {
    const Storage storage(128);
    CHECK(allocator_stats().bytes_kept == 0);
  }
  release_kept_buffers();
  CHECK(allocator_stats().bytes_kept == 0);
}

TEST_CASE("a storage of no bytes holds nothing") {
  const std::size_t in_use = allocator_stats().bytes_in_use;
  const Storage none, zero(0);
  CHECK(none.data() == nullptr);
  CHECK(zero.data() == nullptr);
  CHECK(allocator_stats().bytes_in_use == in_use);
}

TEST_CASE("a storage has one owner: moving hands it over, and it is freed once") {
  const std::size_t in_use = allocator_stats().bytes_in_use;
  {
    Storage first(128);
    void* const data = first.data();
    Storage second = std::move(first);
    CHECK(second.data() == data);
    CHECK(first.data() == nullptr);  // NOLINT: what moving leaves behind is the contract
    Storage third(256);
    third = std::move(second);
    CHECK(third.data() == data);
    Storage& same = third;
    third = std::move(same);
    CHECK(third.data() == data);
  }
  CHECK(allocator_stats().bytes_in_use == in_use);
}

}  // namespace minitape
