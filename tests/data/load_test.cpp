// Data sets by name: where they are looked for, how many images are taken, what is refused.
#include "minitape/data/load.hpp"

#include <doctest/doctest.h>

#include "data/files.hpp"

using namespace minitape;
using doctest::Contains;

TEST_CASE("each set is looked for in its own folder of dir") {
  const TemporaryFolder folder;
  write_mnist(folder / "mnist");
  write_mnist(folder / "fashion_mnist");
  write_plain(folder / "fashion_mnist" / "t10k-labels-idx1-ubyte", idx_labels({5, 6}));
  write_cifar(folder / "cifar-10-batches-bin");
  const TrainTest mnist = load_data({.name = "mnist", .dir = folder.path()});
  CHECK(mnist.train.class_names[0] == "0");
  CHECK(mnist.train.size() == 3);
  CHECK(mnist.test.size() == 2);
  const TrainTest fashion = load_data({.name = "fashion_mnist", .dir = folder.path()});
  CHECK(fashion.test.class_names[0] == "T-shirt/top");
  CHECK(fashion.test.labels == Bytes{5, 6});
  CHECK(load_data({.name = "cifar10", .dir = folder.path()}).train.size() == 5);
}

TEST_CASE("without dir, MINITAPE_DATA says where; without that, ./data") {
  const TemporaryFolder folder;
  write_mnist(folder / "mnist");
  SUBCASE("set") {
    const DataVariable variable(folder.path().c_str());
    CHECK(load_data({.name = "mnist"}).train.size() == 3);
  }
  SUBCASE("set, but dir goes first") {
    const DataVariable variable("/nowhere");
    CHECK(load_data({.name = "mnist", .dir = folder.path()}).train.size() == 3);
  }
  SUBCASE("unset or empty") {
    for (const char* value : {static_cast<const char*>(nullptr), ""}) {
      const DataVariable variable(value);
      const std::filesystem::path before = std::filesystem::current_path();
      std::filesystem::current_path(folder.path());
      CHECK_THROWS_WITH_AS(load_data({.name = "mnist"}), Contains("must be in data/mnist: it is"),
                           Error);
      std::filesystem::current_path(before);
    }
  }
}

TEST_CASE("limits keep the first images and their labels") {
  const TemporaryFolder folder;
  write_mnist(folder / "mnist");
  const TrainTest sets =
      load_data({.name = "mnist", .dir = folder.path(), .train_limit = 2, .test_limit = 1});
  CHECK(sets.train.pixels == counting(12));
  CHECK(sets.train.labels == Bytes{7, 0});
  CHECK(sets.test.pixels == counting(6, 100));
  CHECK(sets.test.labels == Bytes{1});
  REQUIRE(sets.notes.size() == 4);
  CHECK(sets.notes[0] == "[data] train_limit leaves out 1 of 3 images of mnist");
  CHECK(sets.notes[2] ==
        "[data] mnist has no images of \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"8\", \"9\" to "
        "learn from: the network cannot know them");
}

TEST_CASE("the size of MNIST's images is that of the files, where there are any") {
  const TemporaryFolder folder;
  write_mnist(folder / "fashion_mnist");
  CHECK(image_shape({.name = "fashion_mnist", .dir = folder.path()}) == Shape{2, 3, 1});
  CHECK(image_shape({.name = "mnist", .dir = folder.path()}) == Shape{28, 28, 1});
}

TEST_CASE("a limit that a set cannot meet is refused") {
  const TemporaryFolder folder;
  write_mnist(folder / "mnist");
  const auto load = [&](Index train_limit, Index test_limit) {
    return load_data({"mnist", folder.path(), train_limit, test_limit});
  };
  CHECK(load(3, 2).train.size() == 3);
  CHECK_THROWS_WITH_AS(load(4, 0),
                       "[data] train_limit must be at most 3, all that this part of mnist has: "
                       "got 4; 0 takes all",
                       Error);
  CHECK_THROWS_WITH_AS(load(0, 3), Contains("test_limit must be at most 2"), Error);
  CHECK_THROWS_WITH_AS(
      load(-1, 0), "[data] train_limit and test_limit must not be negative: got -1 and 0", Error);
  CHECK_THROWS_AS(load_data({.name = "digits", .test_limit = -1}), Error);
}

TEST_CASE("the sets made in code take their size from the limits and their images from the seed") {
  const TrainTest sets =
      load_data({.name = "digits", .train_limit = 12, .test_limit = 5, .seed = 7});
  CHECK(sets.train.pixels == make_digits(7, "train", 12).pixels);
  CHECK(sets.train.labels == make_digits(7, "train", 12).labels);
  CHECK(sets.test.pixels == make_digits(7, "test", 5).pixels);
  const TrainTest shapes =
      load_data({.name = "shapes", .train_limit = 3, .test_limit = 2, .seed = 8});
  CHECK(shapes.train.pixels == make_shapes(8, "train", 3).pixels);
  CHECK(shapes.test.pixels == make_shapes(8, "test", 2).pixels);
  CHECK_THROWS_WITH_AS(load_data({.name = "digits", .train_limit = 1'000'001}),
                       Contains("from 1 to 1000000: got 1000001"), Error);
}

TEST_CASE("an unknown name is answered with the known ones") {
  CHECK_THROWS_WITH_AS(load_data({.name = "minst"}),
                       "[data] name must be one of digits, shapes, mnist, fashion_mnist, cifar10, "
                       "folder: got \"minst\"",
                       Error);
}
