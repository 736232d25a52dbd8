#include "minitape/data/load.hpp"

#include <algorithm>
#include <cstdlib>

#include "minitape/text/words.hpp"
#include "reading.hpp"

namespace minitape {
namespace {

// As many images as MNIST has, unless the limits say otherwise.
TrainTest make_both(decltype(make_digits) make, const DataSource& source) {
  const Index train = source.train_limit > 0 ? source.train_limit : 60000;
  const Index test = source.test_limit > 0 ? source.test_limit : 10000;
  return {make(source.seed, "train", train), make(source.seed, "test", test), {}};
}

bool is_mnist(const DataSource& source) {
  return source.name == "mnist" || source.name == "fashion_mnist";
}

// data.dir, else $MINITAPE_DATA, else ./data. A folder of images is never looked for in ./data:
// what lies there need not be what was meant.
fs::path data_folder(const DataSource& source) {
  const char* variable = std::getenv("MINITAPE_DATA");
  const fs::path folder = source.dir.empty() && variable != nullptr ? variable : source.dir;
  if (source.name != "folder") return folder.empty() ? "data" : folder;
  std::error_code ignored;
  MINITAPE_CHECK(!source.dir.empty() || (!folder.empty() && fs::exists(folder / "train", ignored)),
                 "[data] dir must name the folder that holds train/ and test/: it is empty, and "
                 "MINITAPE_DATA ",
                 folder.empty() ? "is not set" : "holds no train/");
  return folder;
}

// Keeps the first `limit` images, all for 0, with a note. `key` is the config's name for the limit.
void keep_first(Dataset& dataset, Index limit, std::string_view key,
                std::vector<std::string>& notes) {
  MINITAPE_CHECK(limit <= dataset.size(), "[data] ", key, " must be at most ", dataset.size(),
                 ", all that this part of ", dataset.name, " has: got ", limit, "; 0 takes all");
  if (limit == 0 || limit == dataset.size()) return;
  notes.push_back(concat("[data] ", key, " leaves out ", dataset.size() - limit, " of ",
                         dataset.size(), " images of ", dataset.name));
  dataset.labels.resize(static_cast<std::size_t>(limit));
  dataset.pixels.resize(static_cast<std::size_t>(limit * dataset.image_shape.size()));
}

// A note on the classes that have no image, if there are any.
void note_absent_classes(const Dataset& dataset, std::string_view purpose,
                         std::vector<std::string>& notes) {
  std::vector<std::string> absent;
  for (std::size_t label = 0; label < dataset.class_names.size(); ++label) {
    if (std::ranges::find(dataset.labels, label) != dataset.labels.end()) continue;
    absent.push_back("\"" + dataset.class_names[label] + "\"");
  }
  if (absent.empty()) return;
  notes.push_back(
      concat("[data] ", dataset.name, " has no images of ", joined(absent), " to ", purpose));
}

}  // namespace

Shape image_shape(const DataSource& source) {
  const std::string& name = source.name;
  if (is_mnist(source)) return mnist_image_shape(data_folder(source) / name);
  if (name == "digits") return {28, 28, 1};
  if (name == "shapes" || name == "cifar10") return {32, 32, 3};
  MINITAPE_CHECK(name == "folder",
                 "[data] name must be one of digits, shapes, mnist, fashion_mnist, cifar10, "
                 "folder: got \"",
                 name, "\"");
  return {source.image_size, source.image_size, source.channels};
}

TrainTest load_data(const DataSource& source) {
  MINITAPE_CHECK(source.train_limit >= 0 && source.test_limit >= 0,
                 "[data] train_limit and test_limit must not be negative: got ", source.train_limit,
                 " and ", source.test_limit);
  image_shape(source);  // throws when there is no such set
  if (source.name == "digits") return make_both(make_digits, source);
  if (source.name == "shapes") return make_both(make_shapes, source);
  const fs::path folder = data_folder(source);
  TrainTest sets = source.name == "folder" ? load_image_folder(folder, source)
                   : is_mnist(source)      ? load_mnist(folder / source.name, source.name)
                                           : load_cifar10(folder / "cifar-10-batches-bin");
  keep_first(sets.train, source.train_limit, "train_limit", sets.notes);
  keep_first(sets.test, source.test_limit, "test_limit", sets.notes);
  note_absent_classes(sets.train, "learn from: the network cannot know them", sets.notes);
  note_absent_classes(sets.test, "be judged by: the test says nothing about them", sets.notes);
  return sets;
}

}  // namespace minitape
