#include "minitape/data/image_folder.hpp"

#include <algorithm>
#include <cctype>

#include "minitape/core/allocator.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/data/image.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxClasses = 256;  // labels are bytes
constexpr std::size_t kMostNamed = 10;    // images in one message
constexpr Index kAtOnce = 32;             // images that are decoded side by side

// ---- What is there ----

struct File {
  fs::path path;
  std::uint8_t label = 0;
  Index position = 0, count = 0;  // among the images of its class
};

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

// The images of one class; none if it has no folder.
std::vector<File> list_class(const fs::path& folder, std::uint8_t label) {
  std::vector<File> files;
  if (!is_folder(folder)) return files;
  for (const fs::path& entry : visible_entries(folder)) {
    if (!is_named_like_an_image(entry) || is_folder(entry)) continue;
    files.push_back({entry, label, std::ssize(files)});
  }
  for (File& file : files) file.count = std::ssize(files);
  return files;
}

// The images of a set, mixed as the header describes. Fractions are compared exactly.
std::vector<File> list_set(const fs::path& folder, const std::vector<std::string>& class_names) {
  std::vector<File> files;
  for (std::size_t label = 0; label < class_names.size(); ++label) {
    const auto images = list_class(folder / class_names[label], static_cast<std::uint8_t>(label));
    files.insert(files.end(), images.begin(), images.end());
  }
  MINITAPE_CHECK(!files.empty(), "[folder] ", folder.string(),
                 " must hold images in a folder for each class: no file there ends in .png, .jpg "
                 "or .jpeg");
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    const Index left = (2 * a.position + 1) * b.count, right = (2 * b.position + 1) * a.count;
    return left != right ? left < right : a.label < b.label;
  });
  return files;
}

// The classes without images, as `"cat", "dog"`.
std::string lacking(const std::vector<File>& files, const std::vector<std::string>& class_names) {
  std::vector<bool> there(class_names.size());
  for (const File& file : files) there[file.label] = true;
  std::string text;
  for (std::size_t label = 0; label < class_names.size(); ++label) {
    if (!there[label]) text += concat(text.empty() ? "\"" : ", \"", class_names[label], "\"");
  }
  return text;
}

// ---- Reading ----

// A file that cannot be read.
struct Failure {
  std::uint8_t label = 0;
  std::string reason;  // names the file
};

// Appends the first `wanted` images that can be read. Returns what could not be read on the way.
std::vector<Failure> read_images(const std::vector<File>& files, Index wanted, Dataset& dataset) {
  const Shape& shape = dataset.image_shape;
  std::vector<Failure> failures;
  for (std::span<const File> rest = files; !rest.empty() && dataset.size() < wanted;) {
    // Decode some images side by side, never more than are missing …
    const Index count = std::min({kAtOnce, wanted - dataset.size(), std::ssize(rest)});
    std::vector<Image> images(static_cast<std::size_t>(count));
    std::vector<std::string> reasons(images.size());
    parallel_for(count, 1, [&](Index begin, Index end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        try {
          images[i] = resized(read_image(rest[i].path, shape[2]), shape[0], shape[1]);
        } catch (const Error& error) {
          reasons[i] = error.what();
        }
      }
    });
    // … and append them in their order.
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (!reasons[i].empty()) {
        failures.push_back({rest[i].label, reasons[i]});
        continue;
      }
      dataset.labels.push_back(rest[i].label);
      dataset.pixels.insert(dataset.pixels.end(), images[i].pixels.begin(), images[i].pixels.end());
    }
    rest = rest.subspan(images.size());
  }
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

std::string note_about(const std::vector<Failure>& failures, const Dataset& dataset) {
  std::string text =
      concat("[folder] ", failures.size(), " of ", dataset.size() + std::ssize(failures),
             " images of ", dataset.name, " cannot be read and are left out:");
  for (std::size_t i = 0; i < std::min(failures.size(), kMostNamed); ++i) {
    text += "\n  " + failures[i].reason;
  }
  if (failures.size() > kMostNamed) {
    text += concat("\n  … and ", failures.size() - kMostNamed, " more");
  }
  return text;
}

// How many images of a set are to be read: the first `limit`, all for 0.
Index wanted_of(const std::vector<File>& files, Index limit) {
  return limit == 0 ? std::ssize(files) : std::min(limit, std::ssize(files));
}

void check_images_fit(const fs::path& dir, Index images, const Shape& shape) {
  const double bytes = static_cast<double>(images) * static_cast<double>(shape.size());
  const auto limit = static_cast<double>(allocator_stats().limit);
  MINITAPE_CHECK(bytes < limit, "[folder] the images must fit into memory: ", images, " of ",
                 dir.string(), " take ", static_cast<Index>(bytes / 1e6), " MB, the limit is ",
                 static_cast<Index>(limit / 1e6), " MB; reduce data.image_size or the limits");
}

// Fills an empty data set. Adds a note where images are left out.
void read_set(const std::vector<File>& files, Index wanted, Dataset& dataset,
              std::vector<std::string>& notes) {
  dataset.pixels.reserve(static_cast<std::size_t>(wanted * dataset.image_shape.size()));
  const std::vector<Failure> failures = read_images(files, wanted, dataset);
  check_no_class_lost(files, failures, dataset);
  if (!failures.empty()) notes.push_back(note_about(failures, dataset));
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
  const std::vector<File> train_files = list_set(train, class_names);
  const std::vector<File> test_files = list_set(test, class_names);
  const std::string not_trained = lacking(train_files, class_names);
  const std::string not_tested = lacking(test_files, class_names);
  MINITAPE_CHECK(not_trained.empty(), "[folder] ", train.string(),
                 " must hold images of each class, files that end in .png, .jpg or .jpeg: there "
                 "are none of ",
                 not_trained, "; add some or remove the folder");
  TrainTest sets;
  if (!not_tested.empty()) {
    sets.notes.push_back(concat("[folder] ", test.string(), " has no images of ", not_tested,
                                ": the test says nothing about them"));
  }

  const Shape shape{options.image_size, options.image_size, options.channels};
  sets.train = {.name = train.string(), .image_shape = shape, .class_names = class_names};
  sets.test = {.name = test.string(), .image_shape = shape, .class_names = class_names};
  const Index train_images = wanted_of(train_files, options.train_limit);
  const Index test_images = wanted_of(test_files, options.test_limit);
  check_images_fit(dir, train_images + test_images, shape);
  read_set(train_files, train_images, sets.train, sets.notes);
  read_set(test_files, test_images, sets.test, sets.notes);
  return sets;
}

}  // namespace minitape
