#include "minitape/data/image_folder.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "minitape/core/allocator.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/data/image.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxClasses = 256;  // labels are bytes
constexpr std::size_t kMostNamed = 10;    // images in one message

// ---- What is there ----

struct File {
  fs::path path;
  std::uint8_t label = 0;
  Index position = 0, count = 0;  // among the images of its class
};

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

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_named_like_an_image(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

// The names of the folders in train/.
std::vector<std::string> list_classes(const fs::path& train) {
  std::vector<std::string> names;
  for (const fs::path& entry : visible_entries(train)) {
    if (is_folder(entry)) names.push_back(entry.filename().string());
  }
  MINITAPE_CHECK(names.size() >= 2 && names.size() <= kMaxClasses, "[folder] ", train.string(),
                 " must hold a folder for each class, from 2 to ", kMaxClasses, ": it holds ",
                 names.size());
  return names;
}

void check_no_other_classes(const fs::path& test, const std::vector<std::string>& class_names) {
  for (const fs::path& entry : visible_entries(test)) {
    const bool known =
        std::binary_search(class_names.begin(), class_names.end(), entry.filename().string());
    MINITAPE_CHECK(known || !is_folder(entry), "[folder] ", test.string(),
                   " must have no class that the training set has not: it has ", entry.filename(),
                   "; move or rename that folder");
  }
}

// The images of one class; nothing where it has no folder.
std::vector<File> list_class(const fs::path& folder, std::uint8_t label) {
  std::vector<File> files;
  if (!is_folder(folder)) return files;
  for (const fs::path& entry : visible_entries(folder)) {
    if (is_named_like_an_image(entry) && !is_folder(entry)) files.push_back({entry, label});
  }
  for (std::size_t k = 0; k < files.size(); ++k) {
    files[k].position = static_cast<Index>(k);
    files[k].count = std::ssize(files);
  }
  return files;
}

// Puts the classes in between each other, as the header says. Fractions are compared exactly.
void spread(std::vector<File>& files) {
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    const Index left = (2 * a.position + 1) * b.count, right = (2 * b.position + 1) * a.count;
    return left != right ? left < right : a.label < b.label;
  });
}

// One of the two sets.
struct Listing {
  std::vector<File> files;  // in the order that the header describes
  std::string lacking;      // the classes without images: `"cat", "dog"`
};

Listing list_set(const fs::path& folder, const std::vector<std::string>& class_names) {
  Listing result;
  for (std::size_t label = 0; label < class_names.size(); ++label) {
    const std::string& name = class_names[label];
    const auto images = list_class(folder / name, static_cast<std::uint8_t>(label));
    if (images.empty())
      result.lacking += concat(result.lacking.empty() ? "\"" : ", \"", name, "\"");
    result.files.insert(result.files.end(), images.begin(), images.end());
  }
  MINITAPE_CHECK(!result.files.empty(), "[folder] ", folder.string(),
                 " must hold images in a folder for each class: no file there ends in .png, .jpg "
                 "or .jpeg");
  spread(result.files);
  return result;
}

// ---- Reading ----

// A file that cannot be read, and why.
struct Failure {
  std::uint8_t label = 0;
  std::string reason;  // names the file
};

void check_images_fit(const fs::path& dir, Index images, Index image_bytes) {
  const double bytes = static_cast<double>(images) * static_cast<double>(image_bytes);
  const auto limit = static_cast<double>(memory_limit());
  MINITAPE_CHECK(bytes < limit, "[folder] the images must fit into memory: ", images, " of ",
                 dir.string(), " take ", static_cast<Index>(std::ceil(bytes / 1e6)),
                 " MB, the limit is ", static_cast<Index>(limit / 1e6),
                 " MB; reduce data.image_size or the limits");
}

// Appends the first `limit` images that can be read, and returns what could not be read on the way.
std::vector<Failure> read_images(const std::vector<File>& files, Index limit, Dataset& dataset) {
  constexpr Index kGrain = 4;
  const Index bytes = dataset.image_shape.size();
  const auto slot = [&](Index i) { return dataset.pixels.begin() + i * bytes; };
  dataset.pixels.resize(static_cast<std::size_t>(limit * bytes));
  std::vector<Failure> failures;
  Index size = 0;  // images so far
  for (Index next = 0; size < limit && next < std::ssize(files);) {
    // Read as many as are missing, side by side, each into a slot of its own …
    const Index first = size, count = std::min(limit - size, std::ssize(files) - next);
    std::vector<std::string> reasons(static_cast<std::size_t>(count));
    parallel_for(count, kGrain, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        try {
          const Image image = resized(
              read_image(files[static_cast<std::size_t>(next + i)].path, dataset.image_shape[2]),
              dataset.image_shape[0], dataset.image_shape[1]);
          std::copy(image.pixels.begin(), image.pixels.end(), slot(first + i));
        } catch (const Error& error) {
          reasons[static_cast<std::size_t>(i)] = error.what();
        }
      }
    });
    // … and close the gaps of those that cannot be read.
    for (Index i = 0; i < count; ++i, ++next) {
      const std::uint8_t label = files[static_cast<std::size_t>(next)].label;
      std::string& reason = reasons[static_cast<std::size_t>(i)];
      if (!reason.empty()) {
        failures.push_back({label, std::move(reason)});
        continue;
      }
      if (size != first + i) std::copy_n(slot(first + i), bytes, slot(size));
      dataset.labels.push_back(label);
      ++size;
    }
  }
  dataset.pixels.resize(static_cast<std::size_t>(size * bytes));
  return failures;
}

void check_no_class_lost(const std::vector<File>& files, const std::vector<Failure>& failures,
                         const Dataset& dataset) {
  for (std::size_t label = 0; label < dataset.class_names.size(); ++label) {
    const auto of_class = [label](const auto& item) { return item.label == label; };
    const auto failed = std::count_if(failures.begin(), failures.end(), of_class);
    MINITAPE_CHECK(failed == 0 || failed < std::count_if(files.begin(), files.end(), of_class),
                   "[folder] class \"", dataset.class_names[label], "\" of ", dataset.name,
                   " must have an image that can be read: all ", failed, " cannot, as in ",
                   std::find_if(failures.begin(), failures.end(), of_class)->reason);
  }
}

std::string note_about(const std::vector<Failure>& failures, Index good, const Dataset& dataset) {
  std::string text = concat("[folder] ", failures.size(), " of ", good + std::ssize(failures),
                            " images of ", dataset.name, " cannot be read and are left out:");
  for (std::size_t i = 0; i < std::min(failures.size(), kMostNamed); ++i) {
    text += "\n  " + failures[i].reason;
  }
  if (failures.size() > kMostNamed)
    text += concat("\n  … and ", failures.size() - kMostNamed, " more");
  return text;
}

// How many images of a set are to be read.
Index wanted_of(const std::vector<File>& files, Index limit) {
  return limit == 0 ? std::ssize(files) : std::min(limit, std::ssize(files));
}

// The first images of a set, and a note where some of them are left out.
Dataset read_set(const fs::path& folder, const std::vector<std::string>& class_names,
                 const std::vector<File>& files, Index wanted, const Shape& shape,
                 std::vector<std::string>& notes) {
  Dataset dataset{.name = folder.string(), .image_shape = shape, .class_names = class_names};
  const std::vector<Failure> failures = read_images(files, wanted, dataset);
  check_no_class_lost(files, failures, dataset);
  if (!failures.empty()) notes.push_back(note_about(failures, dataset.size(), dataset));
  return dataset;
}

}  // namespace

TrainTest load_image_folder(const fs::path& dir, const ImageFolderOptions& options) {
  MINITAPE_CHECK(options.image_size >= 1 && options.image_size <= kMaxImageSize,
                 "[folder] image_size must be from 1 to ", kMaxImageSize, ": got ",
                 options.image_size);
  const fs::path train = dir / "train", test = dir / "test";
  for (const fs::path& folder : {train, test}) {
    MINITAPE_CHECK(is_folder(folder), "[folder] ", dir.string(),
                   " must hold train/CLASS/*.png and test/CLASS/*.png (or .jpg, .jpeg): there is "
                   "no folder ",
                   folder.string());
  }
  // See what is there, in both sets, before the slow part.
  const std::vector<std::string> class_names = list_classes(train);
  check_no_other_classes(test, class_names);
  const Listing train_list = list_set(train, class_names), test_list = list_set(test, class_names);
  TrainTest sets;
  MINITAPE_CHECK(train_list.lacking.empty(), "[folder] ", train.string(),
                 " must hold images of each class, files that end in .png, .jpg or .jpeg: there "
                 "are none of ",
                 train_list.lacking, "; add some or remove the folder");
  if (!test_list.lacking.empty()) {
    sets.notes.push_back(concat("[folder] ", test.string(), " has no images of ", test_list.lacking,
                                ": the test says nothing about them"));
  }

  const Shape shape{options.image_size, options.image_size, options.channels};
  const Index train_images = wanted_of(train_list.files, options.train_limit);
  const Index test_images = wanted_of(test_list.files, options.test_limit);
  check_images_fit(dir, train_images + test_images, shape.size());
  const auto read = [&](const fs::path& folder, const Listing& listing, Index wanted) {
    return read_set(folder, class_names, listing.files, wanted, shape, sets.notes);
  };
  sets.train = read(train, train_list, train_images);
  sets.test = read(test, test_list, test_images);
  return sets;
}

}  // namespace minitape
