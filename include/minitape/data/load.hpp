// Every data set by its name: here a config's [data] section becomes images. The two sets that are
// drawn in code can also be had alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "minitape/data/dataset.hpp"

namespace minitape {

inline constexpr Index kMaxImageSize = 4096;
/// The most images that a set drawn in code can have: 1 GB of digits, 3 GB of shapes.
inline constexpr Index kMaxSyntheticImages = 1'000'000;

struct DataSource {             // which set, and how much of it
  std::string name = "digits";  // or shapes; mnist, fashion_mnist, cifar10; folder
  // Holds mnist/, fashion_mnist/ and cifar-10-batches-bin/; if empty, $MINITAPE_DATA, else ./data.
  // For "folder" it holds train/ and test/; if empty, $MINITAPE_DATA and nothing else.
  std::filesystem::path dir;
  // The first N images only. 0: all of a set that is read; 60,000 to train on and 10,000 to test of
  // a set made in code.
  Index train_limit = 0, test_limit = 0;
  std::uint64_t seed = 1;  // of the sets made in code
  Index image_size = 32;   // folder: height and width that images get, 1 … kMaxImageSize
  Index channels = 3;      // folder: 1 (grey) or 3 (colour)
  bool operator==(const DataSource&) const = default;
};

/// The shape of one image, without reading any: MNIST's own files say it, if they are there. Throws
/// when the name is unknown.
Shape image_shape(const DataSource& source);

/// The training and the test set. Throws when a file is missing or damaged (of a folder's images
/// some may be; the notes name them), and when a limit is negative or larger than the set.
TrainTest load_data(const DataSource& source);

/// How many images both sets have, and a CRC-32 of each set's image shape, labels and pixels:
/// "60000 training images (crc32 4d3b1c0a), 10000 test images (crc32 91f0e2d7)". Equal texts mean
/// equal data, class names aside.
std::string data_checksum(const TrainTest& data);

/// `count` digits, bytes [count, 28, 28, 1], or shapes, [count, 32, 32, 3]. The split, "train" or
/// "test", is a part of their streams' names. Throws for another split and for a count outside
/// 1 … kMaxSyntheticImages.
Dataset make_digits(std::uint64_t seed, std::string_view split, Index count);
Dataset make_shapes(std::uint64_t seed, std::string_view split, Index count);  // as above

}  // namespace minitape
