// A folder of images becomes two data sets.
#include <algorithm>

#include "minitape/core/allocator.hpp"
#include "minitape/core/parallel.hpp"
#include "reading.hpp"

namespace minitape {
namespace {

constexpr std::size_t kMostNamed = 10;  // images in one message
constexpr Index kAtOnce = 32;           // images that are decoded side by side

struct Failure {
  std::uint8_t label = 0;
  std::string reason;  // names the file that cannot be read
};

// Appends the first `wanted` images that can be read; returns what could not be on the way.
std::vector<Failure> read_images(const std::vector<ImageFile>& files, Index wanted,
                                 Dataset& dataset) {
  const Shape& shape = dataset.image_shape;
  std::vector<Failure> failures;
  for (std::span<const ImageFile> rest = files; !rest.empty() && dataset.size() < wanted;) {
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

void check_no_class_lost(const std::vector<ImageFile>& files, const std::vector<Failure>& failures,
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

}  // namespace

TrainTest load_image_folder(const fs::path& dir, const DataSource& source) {
  MINITAPE_CHECK(source.image_size >= 1 && source.image_size <= kMaxImageSize,
                 "[folder] image_size must be from 1 to ", kMaxImageSize, ": got ",
                 source.image_size);
  // See what is there, in both sets, and whether it fits, before the slow part.
  const FolderListing listing = list_image_folder(dir);
  const auto wanted_of = [](const std::vector<ImageFile>& files, Index limit) {
    return limit == 0 ? std::ssize(files) : std::min(limit, std::ssize(files));
  };
  const Index train_images = wanted_of(listing.train, source.train_limit);
  const Index test_images = wanted_of(listing.test, source.test_limit);
  const Shape shape{source.image_size, source.image_size, source.channels};
  const Index images = train_images + test_images;
  const auto bytes = static_cast<std::size_t>(images * shape.size());
  const std::size_t limit = allocator_stats().limit;
  MINITAPE_CHECK(bytes < limit, "[folder] the images must fit into memory: ", images, " of ",
                 dir.string(), " take ", bytes / 1'000'000, " MB, the limit is ", limit / 1'000'000,
                 " MB; reduce data.image_size or the limits");

  // Read the training set, then the test set.
  TrainTest sets;
  if (!listing.not_read.empty()) sets.notes.push_back(listing.not_read);
  const auto read = [&](const std::string& part, const std::vector<ImageFile>& files,
                        Index wanted) {
    Dataset set{
        .name = (dir / part).string(), .image_shape = shape, .class_names = listing.class_names};
    if (wanted < std::ssize(files)) {
      sets.notes.push_back(concat("[folder] ", part, "_limit leaves out ",
                                  std::ssize(files) - wanted, " of ", files.size(), " images of ",
                                  set.name));
    }
    set.pixels.reserve(static_cast<std::size_t>(wanted * shape.size()));
    const std::vector<Failure> failures = read_images(files, wanted, set);
    check_no_class_lost(files, failures, set);
    if (!failures.empty()) sets.notes.push_back(note_about(failures, set));
    return set;
  };
  sets.train = read("train", listing.train, train_images);
  sets.test = read("test", listing.test, test_images);
  return sets;
}

}  // namespace minitape
