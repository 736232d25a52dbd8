// Two data sets that are drawn in code, so that everything runs without any data file.
//
//   digits   28 × 28 × 1   "0" … "9", drawn with a pen: light on dark, as in MNIST
//   shapes   32 × 32 × 3   ten kinds of shape on clutter, in colours that do not tell the kind
//
// Image i takes all its random numbers from the stream "<set>/<split>/image<i>". So a set of N
// images is the beginning of every larger one, and the number of threads changes nothing. Every
// ten images show each class once, in random order.
#include <numeric>

#include "canvas.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/data/load.hpp"

namespace minitape {
namespace {

// Labels come in rounds. A round holds each class once, in random order.
std::uint8_t label_of(const std::string& stream_name, std::uint64_t seed, Index image,
                      Index classes) {
  std::vector<Index> round(static_cast<std::size_t>(classes));
  std::iota(round.begin(), round.end(), 0);
  stream(seed, concat(stream_name, "/labels", image / classes)).shuffle(round);
  return static_cast<std::uint8_t>(round[static_cast<std::size_t>(image % classes)]);
}

// Fills an empty set with images 0 … count − 1 of a split.
Dataset filled(Dataset set, decltype(draw_digit) draw, std::uint64_t seed, std::string_view split,
               Index count) {
  MINITAPE_CHECK(split == "train" || split == "test", "[", set.name,
                 "] the split must be \"train\" or \"test\": got \"", split, "\"");
  MINITAPE_CHECK(count >= 1 && count <= kMaxSyntheticImages, "[", set.name,
                 "] the number of images must be from 1 to ", kMaxSyntheticImages, ": got ", count);
  const auto bytes = static_cast<std::size_t>(set.image_shape.size());
  set.pixels.resize(static_cast<std::size_t>(count) * bytes);
  set.labels.resize(static_cast<std::size_t>(count));
  const std::string stream_name = concat(set.name, "/", split);
  constexpr Index kImageGrain = 64;
  parallel_for(count, kImageGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const auto at = static_cast<std::size_t>(i);
      set.labels[at] = label_of(stream_name, seed, i, set.classes());
      Random random = stream(seed, concat(stream_name, "/image", i));
      draw(random, set.labels[at], std::span(set.pixels).subspan(at * bytes, bytes));
    }
  });
  return set;
}

}  // namespace

Dataset make_digits(std::uint64_t seed, std::string_view split, Index count) {
  Dataset set{.name = "digits", .image_shape = {kDigitSide, kDigitSide, 1}};
  for (int digit = 0; digit < 10; ++digit) set.class_names.push_back(std::to_string(digit));
  return filled(std::move(set), draw_digit, seed, split, count);
}

Dataset make_shapes(std::uint64_t seed, std::string_view split, Index count) {
  return filled(
      {.name = "shapes", .image_shape = {kShapeSide, kShapeSide, 3}, .class_names = shape_names()},
      draw_shape, seed, split, count);
}

}  // namespace minitape
