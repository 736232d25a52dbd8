// The synthetic sets: repeatable, balanced, and neither trivial nor hopeless.
#include "minitape/data/load.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "minitape/core/parallel.hpp"

using namespace minitape;

namespace {

using Make = Dataset (*)(std::uint64_t, std::string_view, Index);
struct Generator {
  std::string name;
  Make make;
};
const std::vector<Generator> kGenerators = {{"digits", make_digits}, {"shapes", make_shapes}};

bool same_image(const Dataset& a, Index i, const Dataset& b, Index j) {
  const auto x = a.image(i), y = b.image(j);
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

// The mean colour, 0 … 255, of the pixels (row, column) of image i for which `inside` holds.
template <class Inside>
std::vector<double> mean_colour(const Dataset& set, Index i, Inside inside) {
  const Index height = set.image_shape[0], width = set.image_shape[1];
  std::vector<double> sum(static_cast<std::size_t>(set.image_shape[2]));
  double pixels = 0;
  auto byte = set.image(i).begin();
  for (Index pixel = 0; pixel < height * width; ++pixel) {
    const bool counts = inside(pixel / width, pixel % width);
    pixels += counts;
    for (double& value : sum) value += counts * *byte++;
  }
  for (double& value : sum) value /= pixels;
  return sum;
}

// What a classifier gets to see of an image.
using Features = std::vector<double> (*)(const Dataset&, Index);

std::vector<double> all_pixels(const Dataset& set, Index i) {
  const auto image = set.image(i);
  return {image.begin(), image.end()};
}

// The mean of all pixels: how much ink there is.
std::vector<double> brightness(const Dataset& set, Index i) {
  return mean_colour(set, i, [](Index, Index) { return true; });
}

// The mean colour of the middle, most of which is shape.
std::vector<double> middle_colour(const Dataset& set, Index i) {
  return mean_colour(set, i,
                     [](Index r, Index c) { return std::min(r, c) >= 12 && std::max(r, c) < 20; });
}

// How far pixels are from the mean colour of the border on average: grows with the shape's area.
std::vector<double> unlike_border(const Dataset& set, Index i) {
  const std::vector<double> border = mean_colour(
      set, i, [](Index r, Index c) { return std::min(r, c) < 2 || std::max(r, c) >= 30; });
  double sum = 0;
  const auto image = set.image(i);
  for (std::size_t k = 0; k < image.size(); k += 3) {
    sum += std::hypot(image[k] - border[0], image[k + 1] - border[1], image[k + 2] - border[2]);
  }
  return {sum / static_cast<double>(image.size() / 3)};
}

// The mean features of each class, [class][feature].
std::vector<std::vector<double>> class_means(const Dataset& dataset, Features features) {
  std::vector<std::vector<double>> means(10);
  for (Index i = 0; i < dataset.size(); ++i) {
    const std::vector<double> x = features(dataset, i);
    std::vector<double>& mean = means[dataset.labels[static_cast<std::size_t>(i)]];
    mean.resize(x.size());
    // The classes are balanced, so each has a tenth of the images.
    for (std::size_t k = 0; k < x.size(); ++k) {
      mean[k] += x[k] * 10 / static_cast<double>(dataset.size());
    }
  }
  return means;
}

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

// The fraction of test images whose nearest class mean is that of their class.
double nearest_mean_accuracy(const Dataset& train, const Dataset& test, Features features) {
  const std::vector<std::vector<double>> means = class_means(train, features);
  Index right = 0;
  for (Index i = 0; i < test.size(); ++i) {
    const std::vector<double> x = features(test, i);
    const auto nearest = std::min_element(means.begin(), means.end(), [&](auto& a, auto& b) {
      return squared_distance(a, x) < squared_distance(b, x);
    });
    if (nearest - means.begin() == test.labels[static_cast<std::size_t>(i)]) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(test.size());
}

std::string error_of(Make make, std::string_view split, Index count) {
  try {
    make(1, split, count);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::bad_input);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("digits are 28 × 28 × 1, shapes 32 × 32 × 3, with ten named classes") {
  const Dataset digits = make_digits(1, "train", 7), shapes = make_shapes(1, "test", 7);
  CHECK(digits.name == "digits");
  CHECK(digits.image_shape == Shape{28, 28, 1});
  CHECK(digits.pixels.size() == 7 * 28 * 28);
  CHECK(digits.size() == 7);
  CHECK(digits.class_names ==
        std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  CHECK(shapes.name == "shapes");
  CHECK(shapes.image_shape == Shape{32, 32, 3});
  CHECK(shapes.pixels.size() == 7 * 32 * 32 * 3);
  CHECK(shapes.size() == 7);
  CHECK(shapes.class_names == std::vector<std::string>{"circle", "ellipse", "ring", "crescent",
                                                       "heart", "triangle", "square", "star",
                                                       "cross", "arrow"});
}

TEST_CASE("every ten images hold each class once, in an order that changes") {
  for (const Generator& generator : kGenerators) {
    CAPTURE(generator.name);
    const Dataset set = generator.make(1, "train", 200);
    std::set<std::vector<int>> rounds;
    for (auto label = set.labels.begin(); label != set.labels.end(); label += 10) {
      std::vector<int> round(label, label + 10);
      rounds.insert(round);
      std::sort(round.begin(), round.end());
      CHECK(round == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    }
    CHECK(rounds.size() == 20);
  }
}

TEST_CASE("a smaller set is the beginning of a larger one") {
  for (const Generator& generator : kGenerators) {
    CAPTURE(generator.name);
    const Dataset large = generator.make(3, "train", 150), small = generator.make(3, "train", 71);
    CHECK(std::equal(small.labels.begin(), small.labels.end(), large.labels.begin()));
    CHECK(std::equal(small.pixels.begin(), small.pixels.end(), large.pixels.begin()));
  }
}

TEST_CASE("the same seed gives the same bytes; another seed or split, other images and order") {
  for (const Generator& generator : kGenerators) {
    CAPTURE(generator.name);
    const Dataset set = generator.make(1, "train", 50), again = generator.make(1, "train", 50);
    CHECK(set.pixels == again.pixels);
    CHECK(set.labels == again.labels);
    for (const Dataset& other : {generator.make(2, "train", 50), generator.make(1, "test", 50)}) {
      CHECK(set.labels != other.labels);
      for (Index i = 0; i < set.size(); ++i) {
        for (Index j = 0; j < other.size(); ++j) CHECK_FALSE(same_image(set, i, other, j));
        for (Index j = 0; j < i; ++j) CHECK_FALSE(same_image(set, i, set, j));
      }
    }
  }
}

// Some pixels would differ by 1: with FMA, where a·b + c is rounded once, and where the C library has
// another sine for float.
TEST_CASE("every processor draws the same pixels") {
  const auto checksum = [](Make make) {
    return data_checksum({make(1, "train", 10'000), make(1, "test", 1'000)});
  };
  CHECK(checksum(make_digits) ==
        "10000 training images (crc32 b599bd37), 1000 test images (crc32 5922dcc1)");
  CHECK(checksum(make_shapes) ==
        "10000 training images (crc32 68891d9f), 1000 test images (crc32 f1b75ea3)");
}

TEST_CASE("the number of threads changes nothing") {
  const int threads = thread_count();
  for (const Generator& generator : kGenerators) {
    CAPTURE(generator.name);
    set_thread_count(1);
    const Dataset alone = generator.make(1, "test", 300);
    set_thread_count(3);
    const Dataset together = generator.make(1, "test", 300);
    set_thread_count(threads);
    CHECK(alone.labels == together.labels);
    CHECK(alone.pixels == together.pixels);
  }
}

TEST_CASE("digits are light on dark; a 1 has the least ink and an 8 the most") {
  const Dataset digits = make_digits(1, "train", 1000);
  const auto means = class_means(digits, brightness);
  CHECK(std::min_element(means.begin(), means.end()) - means.begin() == 1);
  CHECK(std::max_element(means.begin(), means.end()) - means.begin() == 8);
  CHECK(means[8][0] < 90);
}

TEST_CASE("every image shows something") {
  for (const Generator& generator : kGenerators) {
    CAPTURE(generator.name);
    const Dataset set = generator.make(1, "test", 300);
    for (Index i = 0; i < set.size(); ++i) {
      const auto [darkest, lightest] =
          std::minmax_element(set.image(i).begin(), set.image(i).end());
      CHECK(*lightest - *darkest > 60);
    }
  }
}

TEST_CASE("digits: the nearest class mean is a fair guess, far from sure") {
  const Dataset train = make_digits(1, "train", 2000), test = make_digits(1, "test", 500);
  const double accuracy = nearest_mean_accuracy(train, test, all_pixels);
  CHECK(accuracy > 0.4);
  CHECK(accuracy < 0.8);
}

TEST_CASE("shapes: the colour tells nothing about the class") {
  const Dataset train = make_shapes(1, "train", 2000), test = make_shapes(1, "test", 1000);
  const double accuracy = nearest_mean_accuracy(train, test, middle_colour);
  CHECK(accuracy < 0.14);  // chance is 0.1, with a standard error of 0.0095
}

TEST_CASE("shapes stand out from the background, large ones more than slender ones") {
  const auto unlike = class_means(make_shapes(1, "train", 2000), unlike_border);
  constexpr std::size_t kCircle = 0, kCrescent = 3, kTriangle = 5, kSquare = 6, kStar = 7;
  CHECK(unlike[kCircle][0] > 1.15 * unlike[kCrescent][0]);
  CHECK(unlike[kCircle][0] > 1.15 * unlike[kStar][0]);
  CHECK(unlike[kSquare][0] > 1.1 * unlike[kTriangle][0]);
}

TEST_CASE("a split or a number that cannot be is an error") {
  CHECK(error_of(make_digits, "valid", 10) ==
        "[digits] the split must be \"train\" or \"test\": got \"valid\"");
  CHECK(error_of(make_shapes, "", 10) ==
        "[shapes] the split must be \"train\" or \"test\": got \"\"");
  CHECK(error_of(make_digits, "train", 0) ==
        "[digits] the number of images must be from 1 to 1000000: got 0");
  CHECK(error_of(make_shapes, "test", -5) ==
        "[shapes] the number of images must be from 1 to 1000000: got -5");
  CHECK(error_of(make_shapes, "test", std::numeric_limits<Index>::max()) ==
        "[shapes] the number of images must be from 1 to 1000000: got 9223372036854775807");
}
