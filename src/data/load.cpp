#include "minitape/data/load.hpp"

#include <cstdlib>

#include "minitape/data/cifar.hpp"
#include "minitape/data/idx.hpp"
#include "minitape/data/synthetic.hpp"

namespace minitape {
namespace {

// As many as MNIST has.
constexpr Index kMadeTrainImages = 60000;
constexpr Index kMadeTestImages = 10000;

using Maker = Dataset (*)(std::uint64_t seed, std::string_view split, Index count);

TrainTest make_both(Maker make, const DataSource& source) {
  const Index train = source.train_limit > 0 ? source.train_limit : kMadeTrainImages;
  const Index test = source.test_limit > 0 ? source.test_limit : kMadeTestImages;
  return {make(source.seed, "train", train), make(source.seed, "test", test)};
}

std::filesystem::path data_folder(const DataSource& source) {
  if (!source.dir.empty()) return source.dir;
  const char* folder = std::getenv("MINITAPE_DATA");
  return folder != nullptr && *folder != '\0' ? folder : "data";
}

// Keeps the first `limit` images, all when it is 0. `key` is the config's name for the limit.
void keep_first(Dataset& dataset, Index limit, std::string_view key) {
  MINITAPE_CHECK(limit <= dataset.size(), "[data] ", key, " must be at most ", dataset.size(),
                 ", all that this part of ", dataset.name, " has: got ", limit, "; 0 takes all");
  if (limit == 0) return;
  dataset.labels.resize(static_cast<std::size_t>(limit));
  dataset.pixels.resize(static_cast<std::size_t>(limit * dataset.image_shape.size()));
}

TrainTest read_both(const DataSource& source) {
  const std::filesystem::path folder = data_folder(source);
  if (source.name == "mnist" || source.name == "fashion_mnist") {
    return load_mnist(folder / source.name, source.name);
  }
  return load_cifar10(folder / "cifar-10-batches-bin");
}

}  // namespace

DataShape data_shape(const std::string& name) {
  if (name == "digits" || name == "mnist" || name == "fashion_mnist") return {{28, 28, 1}, 10};
  if (name == "shapes" || name == "cifar10") return {{32, 32, 3}, 10};
  throw Error(
      concat("[data] name must be one of digits, shapes, mnist, fashion_mnist, cifar10: got \"",
             name, "\""));
}

TrainTest load_data(const DataSource& source) {
  MINITAPE_CHECK(source.train_limit >= 0 && source.test_limit >= 0,
                 "[data] train_limit and test_limit must not be negative: got ", source.train_limit,
                 " and ", source.test_limit);
  data_shape(source.name);  // throws when there is no such set
  if (source.name == "digits") return make_both(make_digits, source);
  if (source.name == "shapes") return make_both(make_shapes, source);
  TrainTest sets = read_both(source);
  keep_first(sets.train, source.train_limit, "train_limit");
  keep_first(sets.test, source.test_limit, "test_limit");
  return sets;
}

}  // namespace minitape
