#include "minitape/core/random.hpp"

#include <map>
#include <numeric>

#include "testing.hpp"

namespace minitape {
namespace {

// Mean and variance of n draws.
template <class Draw>
std::pair<double, double> statistics(int n, Draw draw) {
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double value = draw();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / n;
  return {mean, squares / n - mean * mean};
}

// How often `event` happens in n trials, as a fraction.
template <class Event>
double frequency(int n, Event event) {
  int count = 0;
  for (int i = 0; i < n; ++i) count += event();
  return static_cast<double>(count) / n;
}

}  // namespace

// ---- The generator ----

TEST_CASE("the generator is PCG32: the first numbers of its published demo") {
  // pcg32-demo of the reference implementation, seeded with state 42 and sequence 54.
  Random random(42, 54);
  for (const std::uint32_t expected :
       {0xa15c02b7U, 0x7b47f409U, 0xba1d3330U, 0x83d2f293U, 0xbfa4784bU, 0xcbed606eU}) {
    CHECK(random.bits() == expected);
  }
}

TEST_CASE("streams keep their numbers: old runs can be repeated with new versions") {
  CHECK(stream(1, "init/0.conv2d.kernel").bits() == 0x5e9051c2U);
  CHECK(stream(1, "shuffle/epoch3").bits() == 0xd4db2163U);
  CHECK(stream(2, "shuffle/epoch3").bits() == 0x37438bf4U);
  Random random = stream(1, "numbers");
  CHECK(random.uniform() == doctest::Approx(0.29687548461974034).epsilon(1e-15));
  CHECK(random.normal() == doctest::Approx(-1.5621214877496212).epsilon(1e-12));
  CHECK(random.below(1000) == 271);
}

TEST_CASE("equal seeds and names give equal streams, and a copy continues on its own") {
  Random a = stream(7, "x"), b = stream(7, "x");
  CHECK(a.bits() == b.bits());
  Random copy = a;
  a.bits();
  CHECK(copy.bits() == b.bits());
}

TEST_CASE("streams of other names or seeds have nothing in common") {
  // The correlation of n pairs of independent uniform numbers is 0 ± 1 / √n.
  const int n = 10'000;
  const auto correlation = [&](Random a, Random b) {
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
    return 12 * sum / n;
  };
  const double bound = 4.5 / std::sqrt(n);
  CHECK(std::abs(correlation(stream(1, "shuffle/epoch1"), stream(1, "shuffle/epoch2"))) < bound);
  CHECK(std::abs(correlation(stream(1, "x"), stream(2, "x"))) < bound);
  CHECK(std::abs(correlation(stream(0, ""), stream(0, "x"))) < bound);
  CHECK(std::abs(correlation(stream(1, "ab"), stream(1, "ba"))) < bound);
  CHECK(correlation(stream(1, "x"), stream(1, "x")) > 0.9);  // the measure itself works
}

// ---- Uniform numbers ----

TEST_CASE("uniform numbers lie in [0, 1) and have mean 1/2 and variance 1/12") {
  Random random = stream(1, "uniform");
  const int n = 200'000;
  double smallest = 1, largest = 0;
  const auto [mean, variance] = statistics(n, [&] {
    const double u = random.uniform();
    smallest = std::min(smallest, u);
    largest = std::max(largest, u);
    return u;
  });
  CHECK(smallest >= 0);
  CHECK(largest < 1);
  CHECK(smallest < 1e-4);
  CHECK(largest > 1 - 1e-4);
  CHECK(std::abs(mean - 0.5) < 0.003);            // 4.6 standard deviations of the mean
  CHECK(std::abs(variance - 1.0 / 12) < 0.0008);  // 4.8 of the variance
}

TEST_CASE("uniform numbers have 53 random bits") {
  Random random = stream(1, "bits");
  CHECK(std::abs(frequency(1000,
                           [&] {
                             const double scaled = random.uniform() * 0x1p53;
                             CHECK(scaled == std::floor(scaled));
                             return std::fmod(scaled, 2) == 1;  // the last bit
                           }) -
                 0.5) < 0.08);
}

TEST_CASE("uniform(low, high) covers its range") {
  Random random = stream(1, "range");
  double smallest = 10, largest = -10;
  const auto [mean, variance] = statistics(10'000, [&] {
    const double u = random.uniform(-3, 5);
    smallest = std::min(smallest, u);
    largest = std::max(largest, u);
    return u;
  });
  CHECK(smallest >= -3);
  CHECK(smallest < -2.99);
  CHECK(largest < 5);
  CHECK(largest > 4.99);
  CHECK(std::abs(mean - 1) < 0.11);  // 8 / √12 / √10000 = 0.023
}

TEST_CASE("chance comes true as often as it says") {
  Random random = stream(1, "chance");
  CHECK(std::abs(frequency(20'000, [&] { return random.chance(0.3); }) - 0.3) < 0.015);
  CHECK(frequency(1000, [&] { return random.chance(0); }) == 0);
  CHECK(frequency(1000, [&] { return random.chance(1); }) == 1);
}

TEST_CASE("below(n) gives each of 0 … n − 1 equally often") {
  Random random = stream(1, "below");
  std::map<Index, int> counts;
  for (int i = 0; i < 30'000; ++i) ++counts[random.below(3)];
  CHECK(counts.size() == 3);
  CHECK(counts.begin()->first == 0);
  CHECK(counts.rbegin()->first == 2);
  for (const auto& [value, count] : counts) CHECK(std::abs(count - 10'000) < 400);  // σ = 82
  CHECK(random.below(1) == 0);
}

TEST_CASE("below has no modulo bias") {
  // Of 2³² equal values, n = 3·2³⁰ keeps three quarters. A plain remainder would give the first
  // third of the range half of the draws.
  Random random = stream(1, "bias");
  const Index third = Index{1} << 30;
  const double low = frequency(20'000, [&] { return random.below(3 * third) < third; });
  CHECK(std::abs(low - 1.0 / 3) < 0.016);
}

TEST_CASE("below takes 1 to 2^32") {
  Random random = stream(1, "limits");
  const Index all = Index{1} << 32;
  CHECK(random.below(all) < all);
  CHECK(error_lacks({"[random] below(n) takes 1 to 2^32: got 0"}, [&] { random.below(0); }) == "");
  CHECK(error_lacks({"got 4294967297"}, [&] { random.below(all + 1); }) == "");
}

// ---- Normal numbers ----

TEST_CASE("normal numbers have mean 0, variance 1 and the tails of the bell curve") {
  Random random = stream(1, "normal");
  const int n = 200'000;
  int beyond_2 = 0, beyond_3 = 0, positive = 0;
  const auto [mean, variance] = statistics(n, [&] {
    const double z = random.normal();
    beyond_2 += std::abs(z) > 2;
    beyond_3 += std::abs(z) > 3;
    positive += z > 0;
    return z;
  });
  CHECK(std::abs(mean) < 0.011);                    // σ = 0.0022
  CHECK(std::abs(variance - 1) < 0.015);            // σ = 0.0032
  CHECK(std::abs(beyond_2 - 0.0455003 * n) < 450);  // σ = 93
  CHECK(std::abs(beyond_3 - 0.0026998 * n) < 115);  // σ = 23
  CHECK(std::abs(positive - 0.5 * n) < 1100);       // σ = 224
}

// ---- Order ----

TEST_CASE("shuffle keeps the elements and changes their order") {
  std::vector<Index> elements(1000);
  std::iota(elements.begin(), elements.end(), Index{0});
  const std::vector<Index> before = elements;
  stream(1, "shuffle").shuffle(elements);
  CHECK(elements != before);
  CHECK(std::is_permutation(elements.begin(), elements.end(), before.begin()));
}

TEST_CASE("shuffle gives every order equally often") {
  Random random = stream(1, "orders");
  std::map<std::vector<Index>, int> counts;
  for (int i = 0; i < 12'000; ++i) {
    std::vector<Index> elements{0, 1, 2};
    random.shuffle(elements);
    ++counts[elements];
  }
  CHECK(counts.size() == 6);
  for (const auto& [order, count] : counts) CHECK(std::abs(count - 2000) < 200);  // σ = 41
}

TEST_CASE("shuffle leaves nothing and a single element alone") {
  std::vector<Index> none, one{5};
  Random random = stream(1, "small");
  random.shuffle(none);
  random.shuffle(one);
  CHECK(none.empty());
  CHECK(one == std::vector<Index>{5});
}

}  // namespace minitape
