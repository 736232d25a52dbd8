// MNIST files: hand-made ones, good and bad, and the real ones where MINITAPE_DATA holds them.
#include "data/reading.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "data/files.hpp"
#include "minitape/core/random.hpp"

using namespace minitape;
using doctest::Contains;

TEST_CASE("a file of images is its header and its pixels") {
  const Bytes bytes = idx_images(2, 5);
  const Idx images = parse_idx(bytes, IdxKind::images, "file");
  CHECK(images.shape == Shape{2, 2, 3});
  REQUIRE(images.values.size() == 12);
  CHECK(images.values.front() == 5);
  CHECK(images.values.back() == 16);
}

TEST_CASE("a file of labels is its header and its labels") {
  const Bytes bytes = idx_labels({3, 1, 4});
  const Idx labels = parse_idx(bytes, IdxKind::labels, "file");
  CHECK(labels.shape == Shape{3});
  CHECK(Bytes(labels.values.begin(), labels.values.end()) == Bytes{3, 1, 4});
}

TEST_CASE("extents are read with the most significant byte first") {
  const Bytes bytes = idx_file(0x803, {258, 1, 1}, Bytes(258));
  CHECK(parse_idx(bytes, IdxKind::images, "file").shape == Shape{258, 1, 1});
}

TEST_CASE("a file of the other kind is called by its name") {
  CHECK_THROWS_WITH_AS(parse_idx(idx_labels({1, 2}), IdxKind::images, "folder/file"),
                       "[idx] folder/file must hold images (magic 0x00000803): its magic is "
                       "0x00000801, that of labels; have the two files changed places?",
                       Error);
  CHECK_THROWS_WITH_AS(parse_idx(idx_images(2), IdxKind::labels, "folder/file"),
                       "[idx] folder/file must hold labels (magic 0x00000801): its magic is "
                       "0x00000803, that of images; have the two files changed places?",
                       Error);
}

TEST_CASE("a file that is no IDX file at all is refused") {
  const std::string page = "<!DOCTYPE html>";
  CHECK_THROWS_WITH_AS(
      parse_idx(Bytes(page.begin(), page.end()), IdxKind::images, "file"),
      Contains("its magic is 0x3c21444f, so it is another kind of file; it looks like "
               "a web page, such as a server's message; download the file again"),
      Error);
  // Images of floats: a good IDX file, but not one of bytes.
  CHECK_THROWS_WITH_AS(parse_idx(idx_file(0xd03, {1, 1, 1}, Bytes(4)), IdxKind::images, "file"),
                       Contains("its magic is 0x00000d03"), Error);
}

TEST_CASE("every truncation of a file is refused") {
  const Bytes whole = idx_images(2);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const std::span part = std::span(whole).first(size);
    CHECK_THROWS_AS(parse_idx(part, IdxKind::images, "file"), Error);
  }
  CHECK_THROWS_WITH_AS(parse_idx({}, IdxKind::images, "file"),
                       Contains("must start with a magic number of 4 bytes: it has 0 bytes"),
                       Error);
  CHECK_THROWS_WITH_AS(parse_idx(std::span(whole).first(15), IdxKind::images, "file"),
                       Contains("must have a header of 16 bytes: it has 15 bytes"), Error);
  CHECK_THROWS_WITH_AS(parse_idx(std::span(whole).first(20), IdxKind::images, "file"),
                       "[idx] file must have 28 bytes, as its header says (2, 2, 3): it has "
                       "20; download it again",
                       Error);
}

TEST_CASE("bytes after the last value are refused") {
  Bytes bytes = idx_labels({1, 2});
  bytes.push_back(3);
  CHECK_THROWS_WITH_AS(parse_idx(bytes, IdxKind::labels, "file"),
                       Contains("must have 10 bytes, as its header says (2): it has 11;"), Error);
}

TEST_CASE("a header that promises nothing, or the impossible, is refused before memory is taken") {
  CHECK_THROWS_WITH_AS(parse_idx(idx_file(0x803, {0, 28, 28}, {}), IdxKind::images, "file"),
                       Contains("must hold at least one image: its header says 0"), Error);
  CHECK_THROWS_WITH_AS(parse_idx(idx_file(0x801, {0}, {}), IdxKind::labels, "file"),
                       Contains("must hold at least one label: its header says 0"), Error);
  CHECK_THROWS_WITH_AS(parse_idx(idx_file(0x803, {1, 0, 28}, {}), IdxKind::images, "file"),
                       Contains("must hold images of 1 to 4096 pixels a side"), Error);
  // The product of these three is 0 modulo 2⁶⁴.
  const std::vector<std::uint32_t> overflowing{1u << 31, 1u << 31, 4};
  CHECK_THROWS_WITH_AS(parse_idx(idx_file(0x803, overflowing, {}), IdxKind::images, "file"),
                       Contains("of 1 to 4096 pixels a side: its header says 2147483648"), Error);
  const std::vector<std::uint32_t> huge{0xffffffff, 4096, 4096};
  CHECK_THROWS_WITH_AS(parse_idx(idx_file(0x803, huge, Bytes(100)), IdxKind::images, "file"),
                       Contains("it has 116"), Error);
}

TEST_CASE("whatever the bytes, the parser answers or throws its own error") {
  Random random = stream(1, "fuzz");
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes = idx_images(2);
    for (Index change = random.below(4); change >= 0; --change) {
      bytes[static_cast<std::size_t>(random.below(18))] =
          static_cast<std::uint8_t>(random.below(256));
    }
    bytes.resize(static_cast<std::size_t>(random.below(40)));
    try {
      const Idx idx = parse_idx(bytes, IdxKind::images, "file");
      CHECK(idx.shape.size() == std::ssize(idx.values));
    } catch (const Error&) {
    }
  }
}

TEST_CASE("a folder of compressed and plain files becomes two data sets") {
  const TemporaryFolder folder;
  write_mnist(folder.path());
  const TrainTest sets = load_mnist(folder.path(), "mnist");
  CHECK(sets.train.name == "mnist");
  CHECK(sets.train.image_shape == Shape{2, 3, 1});
  CHECK(sets.train.pixels == counting(18));
  CHECK(sets.train.labels == Bytes{7, 0, 9});
  CHECK(sets.train.class_names[9] == "9");
  CHECK(sets.test.pixels == counting(12, 100));
  CHECK(sets.test.labels == Bytes{1, 2});
}

TEST_CASE("a file of several read steps arrives whole") {
  const TemporaryFolder folder;
  write_mnist(folder.path());
  const Bytes pixels = counting(500000 * 6);  // 3 MB: compresses far better than 8 to 1
  write_gzip(folder / "train-images-idx3-ubyte.gz", idx_file(0x803, {500000, 2, 3}, pixels));
  write_gzip(folder / "train-labels-idx1-ubyte.gz", idx_labels(Bytes(500000, 4)));
  const Dataset train = load_mnist(folder.path(), "mnist").train;
  CHECK(train.pixels == pixels);
  CHECK(train.labels == Bytes(500000, 4));
}

TEST_CASE("fashion_mnist has the same files and other class names") {
  const TemporaryFolder folder;
  write_mnist(folder.path());
  const Dataset train = load_mnist(folder.path(), "fashion_mnist").train;
  CHECK(train.name == "fashion_mnist");
  REQUIRE(train.classes() == 10);
  CHECK(train.class_names[9] == "Ankle boot");
  CHECK_THROWS_WITH_AS(load_mnist(folder.path(), "emnist"),
                       "[idx] name must be mnist or fashion_mnist: got emnist", Error);
}

TEST_CASE("a missing file is named, with the place and the remedy") {
  const TemporaryFolder folder;
  write_mnist(folder / "sets/mnist");
  std::filesystem::remove(folder / "sets/mnist/t10k-labels-idx1-ubyte");
  CHECK_THROWS_WITH_AS(
      load_mnist(folder / "sets/mnist", "mnist"),
      concat("[idx] t10k-labels-idx1-ubyte.gz (or without .gz) must be in ",
             (folder / "sets/mnist").string(),
             ": it is not; get it with `bash data/download.sh mnist` or set data.dir or "
             "MINITAPE_DATA")
          .c_str(),
      Error);
}

TEST_CASE("names may have a dot in place of the second dash") {
  const TemporaryFolder folder;
  write_mnist(folder.path());
  std::filesystem::rename(folder / "t10k-labels-idx1-ubyte", folder / "t10k-labels.idx1-ubyte");
  std::filesystem::rename(folder / "train-images-idx3-ubyte.gz",
                          folder / "train-images.idx3-ubyte.gz");
  const TrainTest sets = load_mnist(folder.path(), "mnist");
  CHECK(sets.train.pixels == counting(18));
  CHECK(sets.test.labels == Bytes{1, 2});
}

TEST_CASE("the shape of the images is known from the header, and usual without one") {
  const TemporaryFolder folder;
  CHECK(mnist_image_shape(folder.path()) == Shape{28, 28, 1});
  write_mnist(folder.path());
  CHECK(mnist_image_shape(folder.path()) == Shape{2, 3, 1});
  write_plain(folder / "train-images-idx3-ubyte.gz", {0, 0, 8, 3, 0});
  CHECK(mnist_image_shape(folder.path()) == Shape{28, 28, 1});
  write_plain(folder / "train-images-idx3-ubyte.gz", Bytes(100, '<'));
  CHECK(mnist_image_shape(folder.path()) == Shape{28, 28, 1});
}

TEST_CASE("a folder where a file should be is refused") {
  const TemporaryFolder folder;
  write_mnist(folder.path());
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
  std::filesystem::create_directory(folder / "t10k-labels-idx1-ubyte");
  CHECK_THROWS_WITH_AS(load_mnist(folder.path(), "mnist"),
                       Contains("t10k-labels-idx1-ubyte must be a file: Is a directory"), Error);
}

TEST_CASE("a broken gzip file is refused") {
  const TemporaryFolder folder;
  write_mnist(folder.path());
  const std::filesystem::path path = folder / "train-images-idx3-ubyte.gz";
  const Bytes good = read_plain(path);

  SUBCASE("cut anywhere after the first bytes") {
    for (std::size_t size = 2; size < good.size(); ++size) {
      CAPTURE(size);
      write_plain(path, Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)));
      CHECK_THROWS_WITH_AS(
          load_mnist(folder.path(), "mnist"),
          Contains(concat("[data] a gzip file must be complete and intact: ", path.string(),
                          ": unexpected end of file; download it again")
                       .c_str()),
          Error);
    }
  }
  SUBCASE("with a wrong checksum") {
    Bytes bytes = good;
    bytes[bytes.size() - 8] ^= 1;
    write_plain(path, bytes);
    CHECK_THROWS_WITH_AS(load_mnist(folder.path(), "mnist"), Contains("incorrect data check"),
                         Error);
  }
  SUBCASE("empty") {
    write_plain(path, {});
    CHECK_THROWS_WITH_AS(load_mnist(folder.path(), "mnist"),
                         Contains("must start with a magic number of 4 bytes: it has 0 bytes"),
                         Error);
  }
}

TEST_CASE("images and labels must belong together") {
  const TemporaryFolder folder;
  write_mnist(folder.path());
  SUBCASE("in number") {
    write_gzip(folder / "train-labels-idx1-ubyte.gz", idx_labels({1, 2}));
    CHECK_THROWS_WITH_AS(
        load_mnist(folder.path(), "mnist"),
        concat("[idx] every image must have one label: ",
               (folder / "train-images-idx3-ubyte.gz").string(), " holds 3 images, ",
               (folder / "train-labels-idx1-ubyte.gz").string(), " holds 2 labels")
            .c_str(),
        Error);
  }
  SUBCASE("in kind") {
    write_gzip(folder / "train-images-idx3-ubyte.gz", idx_labels({1, 2, 3}));
    CHECK_THROWS_WITH_AS(load_mnist(folder.path(), "mnist"),
                         Contains("train-images-idx3-ubyte.gz must hold images"), Error);
  }
  SUBCASE("with labels that are classes") {
    write_plain(folder / "t10k-labels-idx1-ubyte", idx_labels({1, 10}));
    CHECK_THROWS_WITH_AS(
        load_mnist(folder.path(), "mnist"),
        concat("[idx] labels must be from 0 to 9: label 1 (counted from 0) of ",
               (folder / "t10k-labels-idx1-ubyte").string(), " is 10; download it again")
            .c_str(),
        Error);
  }
  SUBCASE("in size, training and test") {
    write_plain(folder / "t10k-images-idx3-ubyte", idx_file(0x803, {2, 1, 1}, {1, 2}));
    CHECK_THROWS_WITH_AS(load_mnist(folder.path(), "mnist"),
                         Contains("must have one shape: they have (2, 3, 1) and (1, 1, 1)"), Error);
  }
}

TEST_CASE("the real MNIST has its known size and statistics") {
  const char* folder = std::getenv("MINITAPE_DATA");
  if (folder == nullptr) {
    std::cout << "skipped: the real MNIST, because MINITAPE_DATA is not set\n";
    return;
  }
  const TrainTest sets = load_mnist(std::filesystem::path(folder) / "mnist", "mnist");
  CHECK(sets.train.size() == 60000);
  CHECK(sets.test.size() == 10000);
  CHECK(sets.train.image_shape == Shape{28, 28, 1});
  CHECK(sets.train.labels[0] == 5);
  CHECK(sets.test.labels[0] == 7);
  const Standardization found = Standardization::of(sets.train);
  CHECK(std::abs(found.mean[0] - 0.1307) < 5e-5);
  CHECK(std::abs(found.deviation[0] - 0.3081) < 5e-5);
}
