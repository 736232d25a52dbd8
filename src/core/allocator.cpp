#include "minitape/core/allocator.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "minitape/core/check.hpp"

namespace minitape {
namespace {

constexpr std::size_t kAlignment = 64;  // one cache line, one AVX-512 vector

// With sanitizers every buffer is fresh, so that they see a use after free.
#ifdef MINITAPE_SANITIZE
constexpr bool kKeepBuffers = false;
#else
constexpr bool kKeepBuffers = true;
#endif

struct Cache {
  std::mutex mutex;
  std::map<std::size_t, std::deque<void*>> free_by_size;
  AllocatorStats stats;

  // The system promises more memory than the machine has, and kills the process that then uses it.
  // With this limit a model that is too large ends in an exception instead.
  Cache() {
    stats.limit = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                  static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 10 * 9;
  }

  void release() {
    for (auto& [bytes, free_list] : free_by_size) {
      for (void* data : free_list) std::free(data);
      free_list.clear();
    }
    stats.bytes_kept = 0;
  }

  // A new buffer from the system; nullptr where there is no room for it.
  void* request(std::size_t bytes) {
    if (bytes > stats.limit - std::min(stats.limit, stats.bytes_in_use)) return nullptr;
    if (stats.bytes_in_use + stats.bytes_kept + bytes > stats.limit) release();
    ++stats.system_requests;
    return std::aligned_alloc(kAlignment, bytes);
  }
};

// Never destroyed (the unique_ptr gives it up): static tensors may be freed after main has ended.
Cache& cache() {
  static Cache& instance = *std::make_unique<Cache>().release();
  return instance;
}

}  // namespace

Storage::Storage(std::size_t bytes) : bytes_((bytes + kAlignment - 1) / kAlignment * kAlignment) {
  if (bytes_ == 0) return;
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  if (auto& free_list = c.free_by_size[bytes_]; !free_list.empty()) {
    // The one that was freed first. Backward frees a gradient, then the output that it belongs to:
    // the gradient was in use a moment ago and may still be in the processor's cache.
    data_ = free_list.front();
    free_list.pop_front();
    c.stats.bytes_kept -= bytes_;
  } else if (data_ = c.request(bytes_); data_ == nullptr) {
    const auto megabytes = [](std::size_t size) { return (size + 999'999) / 1'000'000; };
    throw Error(
        concat("[memory] the next tensor must fit into memory: it needs ", megabytes(bytes_),
               " MB more, ", megabytes(c.stats.bytes_in_use), " MB are in use, the limit is ",
               megabytes(c.stats.limit), " MB; use a smaller train.batch_size or model"),
        Fault::run_failed);
  }
  c.stats.bytes_in_use += bytes_;
}

Storage::Storage(const Storage& other) : Storage(other.bytes_) {
  if (bytes_ > 0) std::memcpy(data_, other.data_, bytes_);
}

Storage::~Storage() {
  if (data_ == nullptr) return;
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  c.stats.bytes_in_use -= bytes_;
  if (kKeepBuffers) {
    c.free_by_size[bytes_].push_back(data_);
    c.stats.bytes_kept += bytes_;
  } else {
    std::free(data_);
  }
}

AllocatorStats allocator_stats() {
  const std::lock_guard lock(cache().mutex);
  return cache().stats;
}

void set_memory_limit(std::size_t bytes) {
  const std::lock_guard lock(cache().mutex);
  cache().stats.limit = bytes;
  cache().release();
}

}  // namespace minitape
