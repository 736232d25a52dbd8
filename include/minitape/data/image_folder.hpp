// Images of one's own: a folder for each class.
//
//   DIR/train/CLASS/*.png    to learn from (also .jpg, .jpeg, .jpe and .jfif, in any case)
//   DIR/test/CLASS/*.png     to be judged by; may lack classes, but has none that train/ lacks
//
// The classes are the names of the folders in train/, sorted byte by byte: "10" comes before "2".
// The images of a class are sorted in the same way. In the data set the classes are mixed evenly:
// image k of a class of n stands where (k + ½) / n of all images come before it. So the first N
// images have the classes in the proportions of the whole, on every machine and for every seed.
//
// Every image is stretched to the same square (see resized in image.hpp). Symbolic links are
// followed. Hidden files are ignored; other files and folders are left out with a note.
#pragma once

#include <filesystem>

#include "minitape/data/dataset.hpp"

namespace minitape {

inline constexpr Index kMaxImageSize = 4096;

struct ImageFolderOptions {
  Index image_size = 32;  // height and width in pixels, 1 … kMaxImageSize
  Index channels = 3;     // 1: grey, 3: colour
  Index train_limit = 0;  // the first N images that can be read; 0: all
  Index test_limit = 0;
};

/// Reads both sets. Images that cannot be read are left out, and the test set may lack classes: the
/// result's notes say so. Throws when a folder is missing or empty, when none of the images of a
/// class can be read, when there are fewer than 2 classes or more than 256, and when the images of
/// both sets would not fit into memory (memory_limit in core/allocator.hpp).
TrainTest load_image_folder(const std::filesystem::path& dir, const ImageFolderOptions& options);

}  // namespace minitape
