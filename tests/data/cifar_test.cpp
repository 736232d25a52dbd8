// CIFAR-10 files: hand-made ones, good and bad, and the real ones where MINITAPE_DATA holds them.
#include "data/reading.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "data/files.hpp"

using namespace minitape;
using doctest::Contains;

namespace {

Dataset empty_set() {
  return {"cifar10", {32, 32, 3}, {}, {}, std::vector<std::string>(10, "class")};
}

}  // namespace

TEST_CASE("planes on disk become interleaved pixels") {
  // Two records whose bytes all depend on their position: record i, plane byte k -> i·7 + k·k.
  Bytes file;
  for (std::size_t i = 0; i < 2; ++i) {
    file.push_back(static_cast<std::uint8_t>(3 + i));
    for (std::size_t k = 0; k < 3072; ++k) {
      file.push_back(static_cast<std::uint8_t>(i * 7 + k * k / 5));
    }
  }
  Dataset dataset = empty_set();
  append_cifar(file, "file", dataset);
  CHECK(dataset.labels == Bytes{3, 4});
  REQUIRE(dataset.pixels.size() == 2 * 3072);
  bool equal = true;
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t h = 0; h < 32; ++h) {
      for (std::size_t w = 0; w < 32; ++w) {
        for (std::size_t c = 0; c < 3; ++c) {
          const std::uint8_t pixel = dataset.pixels[((i * 32 + h) * 32 + w) * 3 + c];
          equal = equal && pixel == file[i * 3073 + 1 + c * 1024 + h * 32 + w];
        }
      }
    }
  }
  CHECK(equal);
}

TEST_CASE("a file that is not whole records is refused") {
  Dataset dataset = empty_set();
  const Bytes record = cifar_record(1, 10, 20, 30);
  CHECK_THROWS_WITH_AS(append_cifar({}, "file", dataset),
                       "[cifar] file must consist of whole records of 3073 bytes: it has 0 bytes; "
                       "download it again",
                       Error);
  CHECK_THROWS_WITH_AS(append_cifar(std::span(record).first(3072), "file", dataset),
                       Contains("it has 3072 bytes"), Error);
  CHECK_THROWS_WITH_AS(append_cifar(Bytes(3074), "file", dataset), Contains("it has 3074 bytes"),
                       Error);
}

TEST_CASE("a label that is no class is refused") {
  Dataset dataset = empty_set();
  Bytes file = cifar_record(9, 1, 2, 3);
  const Bytes bad = cifar_record(10, 1, 2, 3);
  file.insert(file.end(), bad.begin(), bad.end());
  CHECK_THROWS_WITH_AS(append_cifar(file, "file", dataset),
                       "[cifar] labels must be from 0 to 9: label 1 (counted from 0) of file is "
                       "10; download it again",
                       Error);
}

TEST_CASE("the images of a second file come after those of the first") {
  Dataset dataset = empty_set();
  append_cifar(cifar_record(1, 10, 20, 30), "first", dataset);
  append_cifar(cifar_record(2, 40, 50, 60), "second", dataset);
  CHECK(dataset.labels == Bytes{1, 2});
  CHECK(dataset.image(0)[0] == 10);
  CHECK(dataset.image(1)[3071] == 60);
}

TEST_CASE("a folder of five training files and a test file becomes two data sets") {
  const TemporaryFolder folder;
  write_cifar(folder.path());
  const TrainTest sets = load_cifar10(folder.path());
  CHECK(sets.train.name == "cifar10");
  CHECK(sets.train.image_shape == Shape{32, 32, 3});
  CHECK(sets.train.labels == Bytes{1, 2, 3, 4, 5});
  for (Index i = 0; i < 5; ++i) CHECK(sets.train.image(i)[0] == 10 * (i + 1));
  CHECK(sets.test.labels == Bytes{9});
  CHECK(sets.test.pixels.back() == 2);
  REQUIRE(sets.notes.size() == 6);
  CHECK(sets.notes[5] == "[cifar] " + (folder / "test_batch.bin").string() +
                             " holds 1 images where the published file holds 10000");
}

TEST_CASE("class names come from batches.meta.txt if it is there") {
  const TemporaryFolder folder;
  write_cifar(folder.path());
  const auto write_names = [&](const std::string& text) {
    write_plain(folder / "batches.meta.txt", Bytes(text.begin(), text.end()));
  };
  SUBCASE("missing") {
    const std::vector<std::string> names = load_cifar10(folder.path()).test.class_names;
    REQUIRE(names.size() == 10);
    CHECK(names.front() == "airplane");
    CHECK(names.back() == "truck");
  }
  SUBCASE("with line ends of either kind and an empty last line") {
    write_names("a\r\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
    const TrainTest sets = load_cifar10(folder.path());
    CHECK(sets.train.class_names == sets.test.class_names);
    CHECK(sets.train.class_names ==
          std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
  }
  SUBCASE("with too few names") {
    write_names("a\nb\n");
    CHECK_THROWS_WITH_AS(load_cifar10(folder.path()),
                         Contains("batches.meta.txt must hold 10 names, one a line: it holds 2"),
                         Error);
  }
}

TEST_CASE("a missing or broken file of the folder is named") {
  const TemporaryFolder outer;
  const std::filesystem::path folder = outer / "sets/cifar";
  write_cifar(folder);
  SUBCASE("missing") {
    std::filesystem::remove(folder / "data_batch_3.bin");
    CHECK_THROWS_WITH_AS(load_cifar10(folder),
                         concat("[cifar] data_batch_3.bin must be in ", folder.string(),
                                ": it is not; get it with `bash data/download.sh cifar10` or set "
                                "data.dir or MINITAPE_DATA")
                             .c_str(),
                         Error);
  }
  SUBCASE("missing test file") {
    std::filesystem::remove(folder / "test_batch.bin");
    CHECK_THROWS_WITH_AS(load_cifar10(folder), Contains("test_batch.bin must be in"), Error);
  }
  SUBCASE("truncated") {
    write_plain(folder / "data_batch_4.bin", Bytes(3000));
    CHECK_THROWS_WITH_AS(load_cifar10(folder),
                         Contains("data_batch_4.bin must consist of whole records"), Error);
  }
}

TEST_CASE("the real CIFAR-10 has its known size and statistics") {
  const char* folder = std::getenv("MINITAPE_DATA");
  if (folder == nullptr) {
    std::cout << "skipped: the real CIFAR-10, because MINITAPE_DATA is not set\n";
    return;
  }
  const TrainTest sets = load_cifar10(std::filesystem::path(folder) / "cifar-10-batches-bin");
  CHECK(sets.train.size() == 50000);
  CHECK(sets.test.size() == 10000);
  CHECK(sets.train.class_names[sets.train.labels[0]] == "frog");
  CHECK(sets.test.class_names[sets.test.labels[0]] == "cat");
  const Standardization found = Standardization::of(sets.train);
  const double mean[] = {0.4914, 0.4822, 0.4465}, deviation[] = {0.2470, 0.2435, 0.2616};
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(std::abs(found.mean[c] - mean[c]) < 5e-5);
    CHECK(std::abs(found.deviation[c] - deviation[c]) < 6e-5);
  }
}
