#include "minitape/core/allocator.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "minitape/core/check.hpp"

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

// The system promises more memory than the machine has, and kills the process that then uses it.
// With this limit a model that is too large ends in an exception instead.
std::size_t nine_tenths_of_the_machine() {
  return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 10 * 9;
}

struct Cache {
  std::mutex mutex;
  std::map<std::size_t, std::deque<void*>> free_by_size;
  AllocatorStats stats;
  std::size_t limit = nine_tenths_of_the_machine();
};

// Never destroyed: tensors with static lifetime may be freed after main has ended.
Cache& cache() {
  static Cache& instance = *std::make_unique<Cache>().release();
  return instance;
}

void release(Cache& cache) {
  for (auto& [bytes, free_list] : cache.free_by_size) {
    for (void* data : free_list) std::free(data);
    free_list.clear();
  }
  cache.stats.bytes_kept = 0;
}

[[noreturn]] void throw_out_of_memory(const Cache& cache, std::size_t bytes) {
  const auto megabytes = [](std::size_t size) { return (size + 999'999) / 1'000'000; };
  throw Error(
      concat("[memory] the next tensor must fit into memory: it needs ", megabytes(bytes),
             " MB more, ", megabytes(cache.stats.bytes_in_use), " MB are in use, the limit is ",
             megabytes(cache.limit), " MB; use a smaller train.batch_size or model"),
      Fault::run_failed);
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
    if (bytes_ > c.limit - std::min(c.limit, c.stats.bytes_in_use)) throw_out_of_memory(c, bytes_);
    if (c.stats.bytes_in_use + c.stats.bytes_kept + bytes_ > c.limit) release(c);
    data_ = std::aligned_alloc(kAlignment, bytes_);
    if (data_ == nullptr) throw_out_of_memory(c, bytes_);
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

std::size_t memory_limit() {
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  return c.limit;
}

void set_memory_limit(std::size_t bytes) {
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  c.limit = bytes;
}

void release_kept_buffers() {
  Cache& c = cache();
  const std::lock_guard lock(c.mutex);
  release(c);
}

}  // namespace minitape
