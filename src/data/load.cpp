#include "minitape/data/load.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <iomanip>

#include "minitape/core/parallel.hpp"
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

// The CRC-32 of a whole set. The pixels' pieces are summed on all threads, then put together.
std::string crc32_of(const Dataset& dataset) {
  constexpr Index kPiece = 1 << 20;  // bytes
  const std::string shape = concat(dataset.image_shape);
  uLong sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(shape.data()), shape.size());
  sum = ::crc32_z(sum, dataset.labels.data(), dataset.labels.size());
  const Index bytes = std::ssize(dataset.pixels);
  std::vector<uLong> pieces(static_cast<std::size_t>(chunk_count(bytes, kPiece)));
  parallel_chunks(bytes, kPiece, [&](Index piece, Index begin, Index end) {
    pieces[static_cast<std::size_t>(piece)] =
        ::crc32_z(0, dataset.pixels.data() + begin, static_cast<z_size_t>(end - begin));
  });
  for (Index left = bytes; const uLong piece : pieces) {
    sum = ::crc32_combine(sum, piece, std::min(kPiece, left));
    left -= kPiece;
  }
  return concat(std::hex, std::setw(8), std::setfill('0'), sum);
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

std::string data_checksum(const TrainTest& data) {
  return concat(data.train.size(), " training images (crc32 ", crc32_of(data.train), "), ",
                data.test.size(), " test images (crc32 ", crc32_of(data.test), ")");
}

}  // namespace minitape
