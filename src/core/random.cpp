#include "minitape/core/random.hpp"

#include <cmath>
#include <numbers>
#include <utility>

namespace minitape {
namespace {

// Mixes all bits of x into all bits of the result (the finaliser of SplitMix64).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

Random::Random(std::uint64_t state, std::uint64_t sequence)
    : state_(0), increment_((sequence << 1) | 1) {
  bits();  // as PCG's own code is seeded
  state_ += state;
  bits();
}

std::uint32_t Random::bits() {
  // Step the linear congruential generator; scramble its old state into the output.
  const std::uint64_t old = state_;
  state_ = old * 6364136223846793005ULL + increment_;
  const auto xorshifted = static_cast<std::uint32_t>(((old >> 18) ^ old) >> 27);
  const auto rotation = static_cast<std::uint32_t>(old >> 59);
  return (xorshifted >> rotation) | (xorshifted << ((32 - rotation) & 31));
}

double Random::uniform() {
  const std::uint64_t high = bits() >> 6;  // 26 bits
  const std::uint64_t low = bits() >> 5;   // 27 bits
  return static_cast<double>((high << 27) | low) * 0x1p-53;
}

Index Random::below(Index n) {
  MINITAPE_CHECK(n >= 1 && n <= (Index{1} << 32), "[random] below(n) takes 1 to 2^32: got ", n);
  // Reject the last, incomplete run of n values among the 2³² possible ones.
  const std::uint64_t range = static_cast<std::uint64_t>(n);
  const std::uint64_t limit = (std::uint64_t{1} << 32) / range * range;
  std::uint64_t value = bits();
  while (value >= limit) value = bits();
  return static_cast<Index>(value % range);
}

double Random::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 − u is never 0
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

void Random::shuffle(std::vector<Index>& elements) {
  for (Index i = static_cast<Index>(elements.size()) - 1; i > 0; --i) {
    const Index j = below(i + 1);
    std::swap(elements[static_cast<std::size_t>(i)], elements[static_cast<std::size_t>(j)]);
  }
}

Random stream(std::uint64_t seed, std::string_view name) {
  // FNV-1a over the name, then mixed with the seed. 0x9e37… is 2^64 / golden ratio (SplitMix64).
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char letter : name) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
  }
  const std::uint64_t key = mix(hash + mix(seed + 0x9e3779b97f4a7c15ULL));
  return Random(key, mix(key + 0x9e3779b97f4a7c15ULL));
}

}  // namespace minitape
