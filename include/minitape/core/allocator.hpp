// Memory for tensors: buffers that are kept and reused.
//
// A training step asks for the same sizes again and again. Handing a large buffer back to the
// system and asking for it anew costs a page fault for every 4 KB, which can be as slow as the
// arithmetic on it. So a freed buffer goes to a list of its size and the next request takes it.
// All threads share this cache, under a mutex. No result depends on it.
#pragma once

#include <cstddef>
#include <utility>

namespace minitape {

/// A piece of memory, 64-byte aligned, not initialized. Copies are deep.
class Storage {
 public:
  Storage() = default;
  /// Throws (Fault::run_failed) where there is not so much memory left.
  explicit Storage(std::size_t bytes);
  Storage(const Storage& other);
  Storage(Storage&& other) noexcept { swap(other); }
  Storage& operator=(Storage other) noexcept {
    swap(other);
    return *this;
  }
  ~Storage();

  void* data() const { return data_; }  // nullptr: no memory

 private:
  void swap(Storage& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }

  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

struct AllocatorStats {             // of all threads, in bytes but for system_requests
  std::size_t bytes_in_use = 0;     // held by Storage objects now
  std::size_t bytes_kept = 0;       // freed, waiting to be reused
  std::size_t system_requests = 0;  // how often memory was taken from the system so far
  std::size_t limit = 0;            // the most that may be in use and kept together
};
AllocatorStats allocator_stats();  // as they are at this moment

/// At first the limit is nine tenths of the machine's memory. Gives all kept buffers back.
void set_memory_limit(std::size_t bytes);

}  // namespace minitape
