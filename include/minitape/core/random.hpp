// Random numbers from streams that are named by what they are for.
//
//   stream(seed, "init/0.conv2d.kernel"), stream(seed, "shuffle/epoch3"), …
//
// A stream depends on its seed and its name alone. Adding a layer, dropping a bias or turning batch
// norm off therefore changes no number that another part of the program draws: two runs that
// differ in one thing differ in nothing else.
//
// The generator is PCG-XSH-RR 64/32 (M. O'Neill, "PCG: A Family of Simple Fast Space-Efficient
// Statistically Good Algorithms for Random Number Generation", 2014). The distributions are written
// out here because those of the standard library differ from one library to the next.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

class Random {
 public:
  Random(std::uint64_t state, std::uint64_t sequence);

  std::uint32_t bits();  // 32 uniform bits
  /// Uniform in [0, 1), with 53 random bits.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform in 0 … n − 1, exactly (no modulo bias). n must be from 1 to 2³².
  Index below(Index n);
  /// Normal with mean 0 and variance 1 (Box-Muller, one of the pair).
  double normal();
  /// true with the given probability.
  bool chance(double probability) { return uniform() < probability; }
  /// Puts the elements in a uniformly random order (Fisher-Yates).
  void shuffle(std::vector<Index>& elements);

 private:
  std::uint64_t state_;
  std::uint64_t increment_;  // odd; selects one of 2⁶³ sequences
};

/// The stream of that name. Equal arguments give equal bits on any machine. (normal() also depends
/// on the last digit of the logarithm and cosine of the machine's mathematical library.)
Random stream(std::uint64_t seed, std::string_view name);

}  // namespace minitape
