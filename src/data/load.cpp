#include "minitape/data/load.hpp"

#include <cstdlib>

#include "minitape/data/cifar.hpp"
#include "minitape/data/idx.hpp"
#include "minitape/data/image_folder.hpp"
#include "minitape/data/synthetic.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

using Maker = Dataset (*)(std::uint64_t seed, std::string_view split, Index count);

// As many images as MNIST has, unless the limits say otherwise.
TrainTest make_both(Maker make, const DataSource& source) {
  const Index train = source.train_limit > 0 ? source.train_limit : 60000;
  const Index test = source.test_limit > 0 ? source.test_limit : 10000;
  return {make(source.seed, "train", train), make(source.seed, "test", test), {}};
}

// data.dir, else $MINITAPE_DATA; empty when neither is set.
fs::path named_folder(const DataSource& source) {
  const char* variable = std::getenv("MINITAPE_DATA");
  return source.dir.empty() && variable != nullptr ? variable : source.dir;
}

// Unlike the other sets, a folder of images is never looked for in ./data: what lies there need not
// be what was meant.
fs::path image_folder(const DataSource& source) {
  const fs::path folder = named_folder(source);
  std::error_code ignored;
  MINITAPE_CHECK(!source.dir.empty() || (!folder.empty() && fs::exists(folder / "train", ignored)),
                 "[data] dir must name the folder that holds train/ and test/: it is empty, and "
                 "MINITAPE_DATA ",
                 folder.empty() ? "is not set" : "holds no train/");
  return folder;
}

// Keeps the first `limit` images, all for 0. `key` is the config's name for the limit.
void keep_first(Dataset& dataset, Index limit, std::string_view key) {
  MINITAPE_CHECK(limit <= dataset.size(), "[data] ", key, " must be at most ", dataset.size(),
                 ", all that this part of ", dataset.name, " has: got ", limit, "; 0 takes all");
  if (limit == 0) return;
  dataset.labels.resize(static_cast<std::size_t>(limit));
  dataset.pixels.resize(static_cast<std::size_t>(limit * dataset.image_shape.size()));
}

TrainTest read_both(const DataSource& source) {
  if (source.name == "folder") {
    return load_image_folder(image_folder(source), {.image_size = source.image_size,
                                                    .channels = source.channels,
                                                    .train_limit = source.train_limit,
                                                    .test_limit = source.test_limit});
  }
  const fs::path named = named_folder(source), folder = named.empty() ? "data" : named;
  if (source.name == "mnist" || source.name == "fashion_mnist") {
    return load_mnist(folder / source.name, source.name);
  }
  return load_cifar10(folder / "cifar-10-batches-bin");
}

}  // namespace

Shape image_shape(const DataSource& source) {
  const std::string& name = source.name;
  if (name == "digits" || name == "mnist" || name == "fashion_mnist") return {28, 28, 1};
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
  TrainTest sets = read_both(source);
  keep_first(sets.train, source.train_limit, "train_limit");
  keep_first(sets.test, source.test_limit, "test_limit");
  return sets;
}

}  // namespace minitape
