// Two data sets that are drawn in code, so that everything runs without any data file.
//
//   digits   28 × 28 × 1   "0" … "9", drawn with a pen: light on dark, as in MNIST
//   shapes   32 × 32 × 3   ten kinds of shape on clutter, in colours that do not tell the kind
//
// Image i takes all its random numbers from the stream "<set>/<split>/image<i>". So it depends on
// the seed, the split and i alone: a set of N images is the beginning of every larger one, and the
// number of threads changes nothing. Every ten images show each class once, in random order.
#pragma once

#include <cstdint>
#include <string_view>

#include "minitape/data/dataset.hpp"

namespace minitape {

/// The most images that a synthetic set can have: 1 GB of digits, 3 GB of shapes.
inline constexpr Index kMaxSyntheticImages = 1'000'000;

/// `count` digits, bytes [count, 28, 28, 1], or shapes, [count, 32, 32, 3]. The split is "train" or
/// "test"; they come from different streams. Throws for any other split and for a count outside
/// 1 … kMaxSyntheticImages.
Dataset make_digits(std::uint64_t seed, std::string_view split, Index count);
Dataset make_shapes(std::uint64_t seed, std::string_view split, Index count);

}  // namespace minitape
