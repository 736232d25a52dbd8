// Images of one's own: a folder for each class. Private to data/.
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

#include "data_file.hpp"
#include "minitape/data/load.hpp"

namespace minitape {

struct ImageFile {
  fs::path path;
  std::uint8_t label = 0;
  double place = 0;  // (k + ½) / n for image k of a class of n
};

/// What lies in the folder: which files are read, as which class and in which order.
struct FolderListing {
  std::vector<std::string> class_names;
  std::vector<ImageFile> train, test;  // mixed evenly
  std::string not_read;                // a note on other files and folders; "" if there are none
};

/// Throws when a folder is missing or cannot be read, when train/ has fewer than 2 classes or more
/// than 256, when one of them has no images, and when test/ has other classes or no images at all.
FolderListing list_image_folder(const fs::path& dir);

/// Reads both sets, in the size and number of the source. Images that cannot be read are left out
/// with a note. Throws also when none of the images of a class can be read, and when all would not
/// fit into memory (memory_limit in core/allocator.hpp).
TrainTest load_image_folder(const fs::path& dir, const DataSource& source);

}  // namespace minitape
