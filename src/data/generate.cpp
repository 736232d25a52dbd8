#include "generate.hpp"

#include <numeric>
#include <utility>

#include "minitape/core/parallel.hpp"
#include "minitape/data/synthetic.hpp"

namespace minitape {
namespace {

// Labels come in rounds. A round holds each class once, in random order.
int label_of(const std::string& split_name, std::uint64_t seed, Index image, Index classes) {
  Random random = stream(seed, split_name + "/labels" + std::to_string(image / classes));
  std::vector<Index> round(static_cast<std::size_t>(classes));
  std::iota(round.begin(), round.end(), 0);
  random.shuffle(round);
  return static_cast<int>(round[static_cast<std::size_t>(image % classes)]);
}

}  // namespace

Dataset generate(const SyntheticSet& set, std::uint64_t seed, std::string_view split, Index count) {
  MINITAPE_CHECK(split == "train" || split == "test", "[", set.name,
                 "] the split must be \"train\" or \"test\": got \"", split, "\"");
  MINITAPE_CHECK(count >= 1 && count <= kMaxSyntheticImages, "[", set.name,
                 "] the number of images must be from 1 to ", kMaxSyntheticImages, ": got ", count);
  const auto bytes = static_cast<std::size_t>(set.image_shape.size());
  const auto classes = static_cast<Index>(set.class_names.size());
  Dataset result{set.name, set.image_shape, {}, {}, set.class_names};
  result.pixels.resize(static_cast<std::size_t>(count) * bytes);
  result.labels.resize(static_cast<std::size_t>(count));

  const std::string split_name = set.name + "/" + std::string(split);
  constexpr Index kImageGrain = 64;
  parallel_for(count, kImageGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const int label = label_of(split_name, seed, i, classes);
      Random random = stream(seed, split_name + "/image" + std::to_string(i));
      set.draw(random, label, std::span(result.pixels).subspan(at * bytes, bytes));
      result.labels[at] = static_cast<std::uint8_t>(label);
    }
  });
  return result;
}

}  // namespace minitape
