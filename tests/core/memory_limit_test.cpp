// A file of its own: it asks for more memory than there is, though it writes to none of it.
#include <unistd.h>

#include <new>
#include <vector>

#include "minitape/core/allocator.hpp"
#include "testing.hpp"

namespace minitape {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSkip = true;  // the sanitizer writes notes about every byte that is handed out
#else
constexpr bool kSkip = false;
#endif

TEST_CASE("more memory than the machine has ends in an exception, not in the system's killing" *
          doctest::skip(kSkip)) {
  const auto piece = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) / 8 *
                     static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  release_kept_buffers();
  const std::size_t before = allocator_stats().bytes_in_use;
  {
    std::vector<Storage> pieces;
    for (int i = 0; i < 6; ++i) pieces.emplace_back(piece);
    // The system would go on giving: nothing has been written to yet.
    CHECK_THROWS_AS(pieces.emplace_back(2 * piece), std::bad_alloc);
    CHECK(allocator_stats().bytes_in_use < before + 7 * piece);
  }
  // Buffers that are kept for later must not be in the way of one of another size.
  CHECK_NOTHROW(Storage(3 * piece));
  release_kept_buffers();
}

}  // namespace minitape
