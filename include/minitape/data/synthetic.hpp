// Two sets of labelled images that are made in code, so that everything runs without any data file.
//
//   digits   28 × 28 × 1   "0" … "9", drawn with a pen: light on dark, as in MNIST
//   shapes   32 × 32 × 3   ten kinds of textured, coloured shape on clutter, as large as CIFAR-10
//
// Image i draws all its random numbers from the stream "<set>/<split>/image<i>". It therefore
// depends on the seed, the split and i alone: the first N images of a larger set are the set of N,
// and the number of threads changes nothing. The classes come in random order, each once in every
// ten images, so the first N are balanced as well.
#pragma once

#include <cstdint>
#include <string_view>

#include "minitape/data/dataset.hpp"

namespace minitape {

/// The most images that a synthetic set can have: 1 GB of digits, 3 GB of shapes.
inline constexpr Index kMaxSyntheticImages = 1'000'000;

/// `count` pen-drawn digits, bytes [count, 28, 28, 1]. The split is "train" or "test"; the two come
/// from different streams. Throws for any other split and a count outside 1 … kMaxSyntheticImages.
Dataset make_digits(std::uint64_t seed, std::string_view split, Index count);

/// `count` shapes on clutter, bytes [count, 32, 32, 3] (red, green, blue). The colours of shape and
/// background are drawn without regard to the class. Throws as make_digits does.
Dataset make_shapes(std::uint64_t seed, std::string_view split, Index count);

}  // namespace minitape
