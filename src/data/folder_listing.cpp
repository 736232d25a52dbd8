// Images of one's own, a folder for each class: what lies there, and what of it is not read.
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
#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"
#include "reading.hpp"

namespace minitape {
namespace {

constexpr std::size_t kMaxClasses = 256;  // labels are bytes
constexpr std::array kEndings{".png", ".jpg", ".jpeg", ".jpe", ".jfif"};
constexpr const char* kEndingsText = ".png, .jpg, .jpeg, .jpe or .jfif";

// What is not read, by kind.
using NotRead = std::map<std::string, std::vector<fs::path>>;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// What lies in a folder and is not hidden, sorted by name.
std::vector<fs::path> visible_entries(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (!entry->path().filename().string().starts_with('.')) entries.push_back(entry->path());
  }
  MINITAPE_CHECK(!failure, "[folder] ", folder.string(),
                 " must be a folder that can be read: ", failure.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// The name of a folder as text. In one that is not UTF-8 (old archives hold such names) every byte
// beyond ASCII is written as \xE4, so that different names stay different.
std::string class_name(const fs::path& folder) {
  const std::string bytes = folder.string();
  if (valid_utf8(bytes) == bytes) return bytes;
  std::string name;
  for (const char byte : bytes) {
    const int value = static_cast<unsigned char>(byte);
    name += value < 0x80 ? std::string(1, byte) : concat("\\x", std::hex, std::uppercase, value);
  }
  return name;
}

// The images of each class in train/ or test/, by the name of its folder.
using Classes = std::map<fs::path, std::vector<fs::path>>;

Classes find_images(const fs::path& set, NotRead& not_read) {
  Classes classes;
  for (const fs::path& folder : visible_entries(set)) {
    if (!is_folder(folder)) {
      not_read["files outside the folders of the classes"].push_back(folder);
      continue;
    }
    std::vector<fs::path>& images = classes[folder.filename()];
    for (const fs::path& entry : visible_entries(folder)) {
      std::string ending = entry.extension().string();
      for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (is_folder(entry)) {
        not_read["folders within a class"].push_back(entry);
      } else if (std::ranges::count(kEndings, ending) == 0) {
        not_read[ending.empty() ? "files without an ending" : ending].push_back(entry);
      } else {
        images.push_back(entry);
      }
    }
  }
  return classes;
}

// The images of a set, mixed evenly. Labels count the classes of the training set.
std::vector<ImageFile> mixed(const Classes& classes, const Classes& train) {
  std::vector<ImageFile> files;
  for (const auto& [folder, images] : classes) {
    const auto label = static_cast<std::uint8_t>(std::distance(train.begin(), train.find(folder)));
    for (std::size_t i = 0; i < images.size(); ++i) {
      const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(images.size());
      files.push_back({images[i], label, place});
    }
  }
  std::ranges::sort(files, {}, [](const ImageFile& f) { return std::pair(f.place, f.label); });
  return files;
}

std::string note_about(const NotRead& not_read, const fs::path& dir) {
  if (not_read.empty()) return "";
  std::string text = concat("[folder] of ", dir.string(), " only ", kEndingsText,
                            " files in the folders of the classes are read. Left out are:");
  for (const auto& [kind, paths] : not_read) {
    text += concat("\n  ", kind, ": ", paths.size(), ", such as ", paths.front().string());
  }
  return text +
         "\n  Other pictures can be converted, with ImageMagick for example by: mogrify -format "
         "png FILES";
}

}  // namespace

FolderListing list_image_folder(const fs::path& dir) {
  const fs::path train = dir / "train", test = dir / "test";
  for (const fs::path& folder : {train, test}) {
    MINITAPE_CHECK(is_folder(folder), "[folder] ", dir.string(),
                   " must hold train/CLASS/*.png and test/CLASS/*.png (or .jpg, .jpeg): there is "
                   "no folder ",
                   folder.string(), whereabouts(dir, folder.filename()));
  }

  // The classes are the folders in train/.
  NotRead not_read;
  const Classes classes = find_images(train, not_read), tested = find_images(test, not_read);
  MINITAPE_CHECK(classes.size() >= 2 && classes.size() <= kMaxClasses, "[folder] ", train.string(),
                 " must hold a folder for each class, from 2 to ", kMaxClasses, ": it holds ",
                 classes.size());
  for (const auto& [folder, images] : tested) {
    MINITAPE_CHECK(classes.contains(folder), "[folder] ", test.string(),
                   " must have no class that the training set has not: it has ", folder,
                   "; move or rename that folder");
  }
  for (const fs::path& entry : visible_entries(dir)) {
    if (is_folder(entry) && entry != train && entry != test) {
      not_read["folders beside train/ and test/"].push_back(entry);
    }
  }

  FolderListing listing{.train = mixed(classes, classes),
                        .test = mixed(tested, classes),
                        .not_read = note_about(not_read, dir)};
  std::vector<std::string> empty;
  for (const auto& [folder, images] : classes) {
    listing.class_names.push_back(class_name(folder));
    if (images.empty()) empty.push_back("\"" + listing.class_names.back() + "\"");
  }
  const std::string hint = listing.not_read.empty() ? "" : "\n" + listing.not_read;
  MINITAPE_CHECK(empty.empty(), "[folder] ", train.string(),
                 " must hold images of each class, files that end in ", kEndingsText,
                 ": there are none of ", joined(empty), "; add some or remove the folder", hint);
  MINITAPE_CHECK(!listing.test.empty(), "[folder] ", test.string(),
                 " must hold images in a folder for each class: no file there ends in ",
                 kEndingsText, hint);
  return listing;
}

}  // namespace minitape
