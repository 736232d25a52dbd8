// The statistics of a data set, and the pixels of one image.
#include "minitape/data/dataset.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <cmath>
#include <iomanip>
#include <sstream>

#include "minitape/core/parallel.hpp"
#include "minitape/data/load.hpp"
#include "testing.hpp"

using namespace minitape;

namespace {

// Random bytes; the second channel only takes values below 100, so that channels differ.
Dataset random_set(Index images, const Shape& shape) {
  Dataset dataset{"random", shape, {}, {}, {"a", "b"}};
  Random random = stream(1, "test");
  for (Index i = 0; i < images * shape.size(); ++i) {
    const Index range = i % shape.channels() == 1 ? 100 : 256;
    dataset.pixels.push_back(static_cast<std::uint8_t>(random.below(range)));
  }
  dataset.labels.resize(static_cast<std::size_t>(images));
  return dataset;
}

}  // namespace

TEST_CASE("image i is the i-th run of H·W·C bytes") {
  const Dataset dataset{"set", {1, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7}, {0, 1}, {"a", "b"}};
  CHECK(dataset.size() == 2);
  CHECK(dataset.classes() == 2);
  const auto image = dataset.image(1);
  REQUIRE(image.size() == 4);
  CHECK(image[0] == 4);
  CHECK(image[3] == 7);
}

TEST_CASE("statistics are per channel, and a constant channel has deviation 1") {
  // Channel 0: 0, 255, 255, 0, mean 1/2 and deviation 1/2. Channel 1: always 77.
  const Dataset dataset{"set", {1, 2, 2}, {0, 77, 255, 77, 255, 77, 0, 77}, {0, 1}, {"a", "b"}};
  const Standardization found = Standardization::of(dataset);
  REQUIRE(found.mean.size() == 2);
  CHECK(found.mean[0] == 0.5);
  CHECK(found.deviation[0] == 0.5);
  CHECK(found.mean[1] == 77 / 255.0);
  CHECK(found.deviation[1] == 1);
}

TEST_CASE("no constant set has a deviation made of rounding errors") {
  for (int byte = 0; byte < 256; ++byte) {
    Dataset dataset{"constant", {1, 1, 1}, {}, {}, {"a"}};
    dataset.pixels.assign(7, static_cast<std::uint8_t>(byte));
    dataset.labels.assign(7, 0);
    CHECK(Standardization::of(dataset).deviation[0] == 1);
  }
}

TEST_CASE("statistics agree with the textbook's two passes, with any number of threads") {
  const Index images = 1203;  // more than two of the pieces that are counted side by side
  const Dataset dataset = random_set(images, {2, 3, 3});
  const auto with_threads = [&](int threads) {
    const UseThreads use(threads);
    return Standardization::of(dataset);
  };
  const Standardization alone = with_threads(1), together = with_threads(3);
  CHECK(alone.mean == together.mean);
  CHECK(alone.deviation == together.deviation);

  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0, n = 0;
    for (std::size_t i = c; i < dataset.pixels.size(); i += 3, ++n) sum += dataset.pixels[i] / 255.;
    for (std::size_t i = c; i < dataset.pixels.size(); i += 3) {
      squares += std::pow(dataset.pixels[i] / 255. - sum / n, 2);
    }
    CHECK(alone.mean[c] == doctest::Approx(sum / n).epsilon(1e-12));
    CHECK(alone.deviation[c] == doctest::Approx(std::sqrt(squares / n)).epsilon(1e-12));
  }
}

TEST_CASE("an empty set has no statistics") {
  const Dataset empty{"nothing", {2, 2, 1}, {}, {}, {"a"}};
  CHECK_THROWS_WITH_AS(Standardization::of(empty),
                       "[standardization] nothing must hold at least one image: it is empty",
                       Error);
}

TEST_CASE("no standardization is mean 0 and deviation 1 in every channel") {
  const Standardization none = Standardization::none(3);
  CHECK(none.mean == std::vector<double>{0, 0, 0});
  CHECK(none.deviation == std::vector<double>{1, 1, 1});
}

TEST_CASE("data_checksum is zlib's CRC-32 of shape, labels and pixels, whatever the threads") {
  // More bytes than one piece of 2^20.
  const TrainTest data{random_set(500, {40, 40, 2}), random_set(3, {2, 2, 1}), {}};
  const auto crc32_of = [](const Dataset& set, const std::string& shape) {
    std::string bytes = shape;
    bytes.append(set.labels.begin(), set.labels.end());
    bytes.append(set.pixels.begin(), set.pixels.end());
    std::ostringstream hex;
    hex << std::hex << std::setfill('0') << std::setw(8)
        << ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()),
                   static_cast<uInt>(bytes.size()));
    return hex.str();
  };
  const std::string expected = "500 training images (crc32 " + crc32_of(data.train, "(40, 40, 2)") +
                               "), 3 test images (crc32 " + crc32_of(data.test, "(2, 2, 1)") + ")";
  const int threads = thread_count();
  for (const int count : {1, 3}) {
    set_thread_count(count);
    CHECK(data_checksum(data) == expected);
  }
  set_thread_count(threads);
}

TEST_CASE("data_checksum: a pixel, a label, the shape and either set count") {
  const TrainTest data{random_set(4, {2, 2, 1}), random_set(3, {2, 2, 1}), {}};
  const std::string before = data_checksum(data);
  const auto changed = [&](auto change) {
    TrainTest other = data;
    change(other);
    return data_checksum(other) != before;
  };
  CHECK(changed([](TrainTest& d) { d.train.pixels[5] ^= 1; }));
  CHECK(changed([](TrainTest& d) { d.test.pixels[11] ^= 1; }));
  CHECK(changed([](TrainTest& d) { d.train.labels[2] ^= 1; }));
  CHECK(changed([](TrainTest& d) { d.test.labels[0] ^= 1; }));
  CHECK(changed([](TrainTest& d) { d.train.image_shape = {1, 4, 1}; }));
  CHECK(changed([](TrainTest& d) { std::swap(d.train.pixels[0], d.train.pixels[4]); }));
}
