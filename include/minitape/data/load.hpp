// Every data set by its name: here a config's [data] section becomes images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "minitape/data/dataset.hpp"

namespace minitape {

inline constexpr Index kMaxImageSize = 4096;

struct DataSource {
  std::string name = "digits";  // or shapes; mnist, fashion_mnist, cifar10; folder
  // Holds mnist/, fashion_mnist/ and cifar-10-batches-bin/; if empty, $MINITAPE_DATA, else ./data.
  // For "folder" it holds train/ and test/; if empty, $MINITAPE_DATA and nothing else.
  std::filesystem::path dir;
  // The first N images only. 0: all of a set that is read; of a set made in code, which can have up
  // to kMaxSyntheticImages, 60,000 to train on and 10,000 to test.
  Index train_limit = 0;
  Index test_limit = 0;
  std::uint64_t seed = 1;  // of the sets made in code
  Index image_size = 32;   // folder: height and width that images get, 1 … kMaxImageSize
  Index channels = 3;      // folder: 1 (grey) or 3 (colour)
  bool operator==(const DataSource&) const = default;
};

/// The shape of one image, without reading any: MNIST's own files say it, if they are there. Throws
/// when the name is unknown.
Shape image_shape(const DataSource& source);

/// The training and the test set. Throws when the name is unknown, when a file is missing or
/// damaged (of a folder's images some may be; the notes name them), and when a limit is negative or
/// larger than the set.
TrainTest load_data(const DataSource& source);

}  // namespace minitape
