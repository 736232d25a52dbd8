#include "minitape/core/allocator.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace minitape {
namespace {

constexpr std::size_t kAlignment = 64;  // one cache line, one AVX-512 vector

// Under AddressSanitizer every buffer is fresh, so that it sees a use after free.
#if defined(__SANITIZE_ADDRESS__)  // as GCC says it
constexpr bool kKeepBuffers = false;
#elif defined(__clang__)
constexpr bool kKeepBuffers = !__has_feature(address_sanitizer);
#else
constexpr bool kKeepBuffers = true;
#endif

struct Cache {
  std::mutex mutex;
  std::map<std::size_t, std::deque<void*>> free_by_size;
  AllocatorStats stats;
};

// Never destroyed: tensors with static lifetime may be freed after main has ended.
Cache& cache() {
  static Cache& instance = *std::make_unique<Cache>().release();
  return instance;
}

// The system hands out more memory than the machine has, and kills the process that then uses it.
// Nine tenths of the machine's memory are the limit here, so that a model that is too large ends in
// an exception.
std::size_t memory_limit() {
  static const auto memory = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
                             static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return memory / 10 * 9;
}

void release(Cache& cache) {
  for (auto& [bytes, free_list] : cache.free_by_size) {
    for (void* data : free_list) std::free(data);
    free_list.clear();
  }
  cache.stats.bytes_kept = 0;
}

}  // namespace

Storage::Storage(std::size_t bytes) : bytes_((bytes + kAlignment - 1) / kAlignment * kAlignment) {
  if (bytes_ == 0) return;
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  auto& free_list = c.free_by_size[bytes_];
  if (!free_list.empty()) {
    // The one that was freed first: backward frees a layer's output right after the gradient of it,
    // but the gradient has just been used and may still be in the cache.
    data_ = free_list.front();
    free_list.pop_front();
    c.stats.bytes_kept -= bytes_;
  } else {
    const std::size_t limit = memory_limit();
    if (bytes_ > limit - std::min(limit, c.stats.bytes_in_use)) throw std::bad_alloc();
    if (c.stats.bytes_in_use + c.stats.bytes_kept + bytes_ > limit) release(c);
    data_ = std::aligned_alloc(kAlignment, bytes_);
    if (data_ == nullptr) throw std::bad_alloc();
    ++c.stats.system_requests;
  }
  c.stats.bytes_in_use += bytes_;
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

Storage::Storage(Storage&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Storage& Storage::operator=(Storage&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

AllocatorStats allocator_stats() {
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  return c.stats;
}

void release_kept_buffers() {
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  release(c);
}

}  // namespace minitape
