#include <vector>

#include "minitape/core/allocator.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

constexpr std::size_t kPiece = 10'000'000;

// So many pieces more than are in use now.
std::size_t room_for(std::size_t pieces) {
  release_kept_buffers();
  return allocator_stats().bytes_in_use + pieces * kPiece;
}

TEST_CASE("more memory than the limit ends in an Error that says what to do") {
  const std::size_t before = allocator_stats().bytes_in_use;
  const LimitMemory limit(room_for(8));
  std::vector<Storage> pieces;
  for (int i = 0; i < 6; ++i) pieces.emplace_back(kPiece);
  try {
    pieces.emplace_back(3 * kPiece);
    FAIL_CHECK("the buffer was handed out");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::run_failed);
    const std::string message = error.what();
    CHECK(
        message.starts_with("[memory] the next tensor must fit into memory: it needs 30 MB more"));
    CHECK(message.find("use a smaller train.batch_size or model") != message.npos);
  }
  CHECK(allocator_stats().bytes_in_use < before + 7 * kPiece);
  CHECK_NOTHROW(pieces.emplace_back(2 * kPiece));
}

TEST_CASE("no machine has so much memory") {
  CHECK_THROWS_AS(Storage(std::size_t{1} << 62), Error);
}

TEST_CASE("buffers that are kept for later are given back where one of another size needs room") {
  const LimitMemory limit(room_for(4));
  { const Storage kept(3 * kPiece); }
  CHECK_NOTHROW(Storage(2 * kPiece));
  CHECK(allocator_stats().bytes_kept <= 2 * kPiece);
}

}  // namespace
}  // namespace minitape
