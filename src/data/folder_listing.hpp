// What lies in a folder of images (see image_folder.hpp): which files are read, as which class and
// in which order, and what is not read. Private to data/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace minitape {

struct ImageFile {
  std::filesystem::path path;
  std::uint8_t label = 0;
  double place = 0;  // (k + ½) / n for image k of a class of n
};

struct FolderListing {
  std::vector<std::string> class_names;
  std::vector<ImageFile> train, test;  // mixed evenly
  std::string not_read;                // a note on other files and folders; "" if there are none
};

/// Throws when a folder is missing or cannot be read, when train/ has fewer than 2 classes or more
/// than 256, when one of them has no images, and when test/ has other classes or no images at all.
FolderListing list_image_folder(const std::filesystem::path& dir);

}  // namespace minitape
