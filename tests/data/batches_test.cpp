// Mini-batches: order, sizes, augmentation, standardization, and what they depend on.
#include "minitape/data/batches.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "testing.hpp"

using namespace minitape;
using doctest::Contains;

namespace {

// Random pixels; the label of image i is i, so that a batch tells which images it holds.
Dataset numbered_set(Index images, const Shape& shape) {
  Dataset dataset{"numbered", shape, {}, {}, {}};
  Random random = stream(1, "test");
  for (Index i = 0; i < images * shape.size(); ++i) {
    dataset.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  for (Index i = 0; i < images; ++i) {
    dataset.labels.push_back(static_cast<std::uint8_t>(i));
    dataset.class_names.push_back(std::to_string(i));
  }
  return dataset;
}

std::vector<Batch> batches_of_epoch(Batches& batches, Index epoch, Index first = 0) {
  std::vector<Batch> result;
  batches.start_epoch(epoch, first);
  while (auto batch = batches.next()) result.push_back(std::move(*batch));
  return result;
}

std::vector<int> labels_of(const std::vector<Batch>& batches) {
  std::vector<int> labels;
  for (const Batch& batch : batches) {
    labels.insert(labels.end(), batch.labels.begin(), batch.labels.end());
  }
  return labels;
}

// A plain number, so that doctest does not have to print batches.
bool equal(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Batch& x, const Batch& y) {
    return x.labels == y.labels && x.images.shape() == y.images.shape() &&
           std::ranges::equal(x.images.values(), y.images.values());
  });
}

const Standardization kNone = Standardization::none(3);

}  // namespace

TEST_CASE("without shuffling the batches are the images in order, in every epoch") {
  const Dataset dataset = numbered_set(7, {2, 2, 3});
  Batches batches(dataset, kNone, {.batch_size = 3, .shuffle = false});
  for (Index epoch : {0, 1}) {
    // The rest of a single image is left out.
    CHECK(labels_of(batches_of_epoch(batches, epoch)) == std::vector{0, 1, 2, 3, 4, 5});
  }
}

TEST_CASE("the last batch holds the rest, unless that is a single image") {
  const auto sizes = [](Index images, Index batch_size) {
    const Dataset dataset = numbered_set(images, {1, 1, 3});
    Batches batches(dataset, kNone, {.batch_size = batch_size});
    std::vector<Index> result;
    for (const Batch& batch : batches_of_epoch(batches, 0)) {
      CHECK(batch.images.shape() == Shape{std::ssize(batch.labels), 1, 1, 3});
      result.push_back(std::ssize(batch.labels));
    }
    CHECK(batches.batches_per_epoch() == std::ssize(result));
    return result;
  };
  CHECK(sizes(6, 3) == std::vector<Index>{3, 3});
  CHECK(sizes(7, 3) == std::vector<Index>{3, 3});
  CHECK(sizes(8, 3) == std::vector<Index>{3, 3, 2});
  CHECK(sizes(2, 100) == std::vector<Index>{2});
  CHECK(sizes(3, 1) == std::vector<Index>{1, 1, 1});  // asked for, so not left out
}

TEST_CASE("an epoch is a permutation, and each epoch another one") {
  const Dataset dataset = numbered_set(100, {1, 1, 3});
  Batches batches(dataset, kNone, {.batch_size = 8});
  const std::vector<int> first = labels_of(batches_of_epoch(batches, 0));
  const std::vector<int> second = labels_of(batches_of_epoch(batches, 1));
  std::vector<int> sorted = first;
  std::ranges::sort(sorted);
  for (int i = 0; i < 100; ++i) CHECK(sorted[static_cast<std::size_t>(i)] == i);
  CHECK(first != sorted);
  CHECK(first != second);
  CHECK(labels_of(batches_of_epoch(batches, 0)) == first);
}

TEST_CASE("the seed decides every byte, the number of threads none") {
  const Dataset dataset = numbered_set(20, {5, 4, 3});
  BatchOptions options{.batch_size = 6, .augmentation = {.flip = true, .crop = true}, .seed = 3};
  const auto run = [&] {
    Batches batches(dataset, Standardization::of(dataset), options);
    return batches_of_epoch(batches, 2);
  };
  const std::vector<Batch> batches = run();
  CHECK(equal(run(), batches));
  for (const int threads : {1, 3}) {
    const UseThreads use(threads);
    CHECK(equal(run(), batches));
  }
  options.seed = 4;
  CHECK_FALSE(equal(run(), batches));
}

TEST_CASE("an epoch that is entered in the middle goes on as if begun at its start") {
  const Dataset dataset = numbered_set(20, {5, 4, 3});
  const BatchOptions options{.batch_size = 6, .augmentation = {.flip = true, .crop = true}};
  Batches straight(dataset, kNone, options);
  const std::vector<Batch> all = batches_of_epoch(straight, 3);
  REQUIRE(all.size() == 4);
  for (Index first = 0; first <= 4; ++first) {
    Batches resumed(dataset, kNone, options);
    CHECK(equal(batches_of_epoch(resumed, 3, first), {all.begin() + first, all.end()}));
  }
}

TEST_CASE("an epoch can be left before its end") {
  const Dataset dataset = numbered_set(20, {5, 4, 3});
  Batches batches(dataset, kNone, {.batch_size = 2});
  const std::vector<Batch> second = batches_of_epoch(batches, 1);
  for (int round = 0; round < 50; ++round) {
    batches.start_epoch(0);
    batches.next();
    CHECK(equal(batches_of_epoch(batches, 1), second));
  }
  // No batch of the epoch that was left may turn up in the next one.
  batches.start_epoch(0);
  batches.start_epoch(1, batches.batches_per_epoch());
  CHECK_FALSE(batches.next().has_value());
}

TEST_CASE("flip and crop are those of a plain version that asks for every pixel where it was") {
  constexpr Index H = 6, W = 5, C = 3;
  const Dataset dataset = numbered_set(40, {H, W, C});
  const std::vector<Augmentation> augmentations{
      {.flip = true}, {.crop = true}, {.flip = true, .crop = true}};
  for (const Augmentation& augmentation : augmentations) {
    const bool flip = augmentation.flip, crop = augmentation.crop;
    CAPTURE(flip);
    CAPTURE(crop);
    const BatchOptions options{.batch_size = 40, .augmentation = augmentation, .seed = 9};
    Batches batches(dataset, kNone, options);
    const Batch batch = batches_of_epoch(batches, 1).at(0);
    bool same = true;
    for (Index n = 0; n < 40; ++n) {
      const int i = batch.labels[static_cast<std::size_t>(n)];
      // The draws that the header promises.
      Random random = stream(9, concat("augment/epoch1/image", i));
      const bool flipped = random.uniform() < 0.5 && flip;
      const Index row = random.below(9), column = random.below(9);
      for (Index h = 0; h < H; ++h) {
        for (Index w = 0; w < W; ++w) {
          // From the pixel back through the flip and the crop into the padded image.
          const Index unflipped = flipped ? W - 1 - w : w;
          const Index y = h + (crop ? row - 4 : 0), x = unflipped + (crop ? column - 4 : 0);
          const bool inside = y >= 0 && y < H && x >= 0 && x < W;
          for (Index c = 0; c < C; ++c) {
            const int byte =
                inside ? dataset.image(i)[static_cast<std::size_t>((y * W + x) * C + c)] : 0;
            same = same && at(batch.images, {n, h, w, c}) == static_cast<Real>(byte / 255.0);
          }
        }
      }
    }
    CHECK(same);
  }
}

TEST_CASE("about half of the images are flipped, and every place of the crop occurs") {
  // One bright pixel in the middle of 9×9 shows where the image went.
  Dataset dataset{"dots", {9, 9, 1}, {}, {}, {"dot"}};
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> image(81);
    image[4 * 9 + 4] = 255;
    dataset.pixels.insert(dataset.pixels.end(), image.begin(), image.end());
    dataset.labels.push_back(0);
  }
  Batches batches(dataset, Standardization::none(1),
                  {.batch_size = 2000, .augmentation = {.crop = true}});
  const Batch batch = batches_of_epoch(batches, 0).at(0);
  std::vector<int> hits(81);
  for (Index i = 0; i < batch.images.size(); ++i) {
    if (batch.images[i] == 1) ++hits[static_cast<std::size_t>(i % 81)];
  }
  CHECK(*std::ranges::min_element(hits) > 5);  // 2000 / 81 = 25 expected
  CHECK(*std::ranges::max_element(hits) < 50);

  // A pixel on the left is on the right after a flip.
  for (int i = 0; i < 2000; ++i) {
    dataset.pixels[static_cast<std::size_t>(i * 81 + 40)] = 0;
    dataset.pixels[static_cast<std::size_t>(i * 81 + 36)] = 255;
  }
  Batches flipping(dataset, Standardization::none(1),
                   {.batch_size = 2000, .augmentation = {.flip = true}});
  const Batch flipped = batches_of_epoch(flipping, 0).at(0);
  Index on_the_right = 0;
  for (Index n = 0; n < 2000; ++n) on_the_right += at(flipped.images, {n, 4, 8, 0}) == 1;
  CHECK(on_the_right > 900);
  CHECK(on_the_right < 1100);
}

TEST_CASE("one augmentation does not change what another one draws") {
  const Dataset dataset = numbered_set(30, {1, 8, 1});
  const auto bright_set = [&](Augmentation augmentation) {
    Batches batches(dataset, Standardization::none(1),
                    {.batch_size = 30, .shuffle = false, .augmentation = augmentation});
    return batches_of_epoch(batches, 0).at(0);
  };
  // Where "crop" alone and "flip and crop" differ, they are mirror images of each other.
  const Batch crop = bright_set({.crop = true}), both = bright_set({.flip = true, .crop = true});
  Index mirrored = 0;
  for (Index n = 0; n < 30; ++n) {
    const auto a = crop.images.values().subspan(static_cast<std::size_t>(n * 8), 8);
    const auto b = both.images.values().subspan(static_cast<std::size_t>(n * 8), 8);
    const bool same = std::ranges::equal(a, b);
    CHECK((same || std::equal(a.begin(), a.end(), b.rbegin(), b.rend())));
    mirrored += !same;
  }
  CHECK(mirrored > 0);
}

TEST_CASE("standardization maps each channel on its own") {
  const Dataset dataset{"two", {1, 1, 2}, {0, 51, 255, 102}, {0, 1}, {"a", "b"}};
  const Standardization standardization{{0.5, 0.25}, {0.5, 2}};
  const Batch batch = make_batch(dataset, standardization, 0, 2);
  CHECK(batch.images.shape() == Shape{2, 1, 1, 2});
  CHECK(batch.labels == std::vector{0, 1});
  CHECK(batch.images[0] == -1);  // (0 − 0.5) / 0.5
  CHECK(batch.images[1] == static_cast<Real>((0.2 - 0.25) / 2));
  CHECK(batch.images[2] == 1);
  CHECK(batch.images[3] == static_cast<Real>((0.4 - 0.25) / 2));
}

TEST_CASE("padding is black before standardization, so not zero after it") {
  const Dataset dataset{"white", {1, 1, 1}, {255, 255}, {0, 0}, {"a"}};
  Batches batches(dataset, {{0.5}, {0.25}}, {.batch_size = 2, .augmentation = {.crop = true}});
  bool padded = false;
  for (Index epoch = 0; epoch < 5; ++epoch) {
    const Batch batch = batches_of_epoch(batches, epoch).at(0);
    for (const Real value : batch.images.values()) {
      CHECK((value == 2 || value == -2));
      padded = padded || value == -2;
    }
  }
  CHECK(padded);
}

TEST_CASE("a standardized set has mean 0 and deviation 1") {
  const Dataset dataset = numbered_set(50, {4, 4, 3});
  const Batch batch = make_batch(dataset, Standardization::of(dataset), 0, 50);
  for (Index c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (Index row = 0; row < 800; ++row) {
      const double value = batch.images[row * 3 + c];
      sum += value;
      squares += value * value;
    }
    CHECK(std::abs(sum / 800) < 1e-6);
    CHECK(std::abs(squares / 800 - 1) < 1e-6);
  }
}

TEST_CASE("make_batch gives the images asked for, and refuses others") {
  const Dataset dataset = numbered_set(10, {2, 2, 3});
  const Batch batch = make_batch(dataset, kNone, 4, 3);
  CHECK(batch.labels == std::vector{4, 5, 6});
  CHECK(batch.images[0] == static_cast<Real>(dataset.image(4)[0] / 255.0));
  CHECK(batch.images[35] == static_cast<Real>(dataset.image(6)[11] / 255.0));
  CHECK_THROWS_WITH_AS(make_batch(dataset, kNone, 8, 3),
                       "[batches] numbered must have the images asked for: it has 10, asked for "
                       "were 3 from 8 on",
                       Error);
  CHECK_THROWS_AS(make_batch(dataset, kNone, -1, 3), Error);
  CHECK_THROWS_AS(make_batch(dataset, kNone, 0, 0), Error);
  CHECK_THROWS_WITH_AS(make_batch(dataset, Standardization::none(1), 0, 1),
                       Contains("must have the same channels: numbered has 3, the standardization "
                                "has 1"),
                       Error);
}

TEST_CASE("what cannot yield batches is refused at once") {
  const Dataset one = numbered_set(1, {1, 1, 3});
  CHECK_THROWS_WITH_AS(Batches(one, kNone, {.batch_size = 8}),
                       "[batches] numbered must yield a batch: it has 1 images, and "
                       "train.batch_size is 8",
                       Error);
  CHECK_THROWS_WITH_AS(Batches(one, kNone, {.batch_size = 0}),
                       "[batches] batch size must be at least 1: got 0", Error);
  CHECK_THROWS_WITH_AS(Batches(one, Standardization::none(1), {.batch_size = 1}),
                       Contains("must have the same channels"), Error);
}

TEST_CASE("wrong use of an epoch is refused") {
  const Dataset dataset = numbered_set(6, {1, 1, 3});
  Batches batches(dataset, kNone, {.batch_size = 3});
  CHECK_THROWS_WITH_AS(batches.next(), "[batches] start_epoch must come before next", Error);
  CHECK_THROWS_WITH_AS(batches.start_epoch(0, 3),
                       "[batches] an epoch has 2 batches, counted from 0: epoch 0, batch 3 was "
                       "asked for",
                       Error);
  CHECK_THROWS_AS(batches.start_epoch(-1), Error);
}

TEST_CASE("what goes wrong in the preparing thread reaches the caller of next") {
  // No tensor has five axes, so a batch of images with four cannot be made.
  const Dataset dataset{"deep", {1, 1, 1, 1}, {1, 2}, {0, 0}, {"a"}};
  Batches batches(dataset, Standardization::none(1), {.batch_size = 2});
  batches.start_epoch(0);
  CHECK_THROWS_WITH_AS(batches.next(), Contains("[shape] a tensor has at most 4 axes"), Error);
}

TEST_CASE("sort_by_class: labels in order, within a class the order of before") {
  // Image i has label i mod 3, and its first byte says which it is.
  constexpr int kImages = 120;
  Dataset dataset = numbered_set(kImages, {1, 1, 3});
  for (std::size_t i = 0; i < kImages; ++i) {
    dataset.labels[i] = static_cast<std::uint8_t>(i % 3);
    dataset.pixels[3 * i] = static_cast<std::uint8_t>(i);
  }
  const auto order = [&](const BatchOptions& options, Index epoch) {
    Batches batches(dataset, kNone, options);
    std::vector<int> images;
    for (const Batch& batch : batches_of_epoch(batches, epoch)) {
      for (Index n = 0; n < batch.images.shape()[0]; ++n) {
        images.push_back(static_cast<int>(std::lround(255 * batch.images[3 * n])));
        CHECK(batch.labels[static_cast<std::size_t>(n)] == images.back() % 3);
      }
    }
    return images;
  };
  for (const bool shuffle : {false, true}) {
    for (const Index epoch : {0, 1}) {
      const BatchOptions options{.batch_size = 40, .shuffle = shuffle};
      std::vector<int> expected = order(options, epoch);
      std::ranges::stable_sort(expected, {}, [](int i) { return i % 3; });
      BatchOptions sorted = options;
      sorted.sort_by_class = true;
      CHECK(order(sorted, epoch) == expected);
      CHECK(expected[0] % 3 == 0);
      if (!shuffle) CHECK(expected[1] == 3);
    }
  }
}

TEST_CASE("a shift mirrors what is beyond the border, and no border twice") {
  // 0 1 2 3 in each row: shifted by up to 2 there are these rows.
  Dataset dataset{"rows", {3, 4, 1}, {}, {}, {"row"}};
  for (int i = 0; i < 300; ++i) {
    for (int row = 0; row < 3; ++row) dataset.pixels.insert(dataset.pixels.end(), {0, 1, 2, 3});
    dataset.labels.push_back(0);
  }
  const std::vector<std::vector<int>> rows{
      {2, 1, 0, 1}, {1, 0, 1, 2}, {0, 1, 2, 3}, {1, 2, 3, 2}, {2, 3, 2, 1}};
  Batches batches(dataset, Standardization::none(1),
                  {.batch_size = 300, .augmentation = {.shift = 2}});
  const Batch batch = batches_of_epoch(batches, 0).at(0);
  std::vector<int> hits(rows.size());
  for (Index row = 0; row < 900; ++row) {
    std::vector<int> seen;
    for (Index w = 0; w < 4; ++w) {
      seen.push_back(static_cast<int>(std::lround(255 * double{batch.images[row * 4 + w]})));
    }
    const auto found = std::ranges::find(rows, seen);
    REQUIRE(found != rows.end());
    ++hits[static_cast<std::size_t>(found - rows.begin())];
  }
  CHECK(*std::ranges::min_element(hits) > 100);  // 180 expected
}

TEST_CASE("alternating flips: half of the images at first, then each the other way round") {
  Dataset dataset = numbered_set(200, {1, 2, 3});
  const BatchOptions options{
      .batch_size = 200, .shuffle = false, .augmentation = {.alternating_flip = true}};
  Batches batches(dataset, kNone, options);
  const auto is_flipped = [&](const Batch& batch, Index i) {
    const auto left = static_cast<Real>(dataset.image(i)[0] / 255.0);
    return batch.images[i * 6] != left;
  };
  const Batch first = batches_of_epoch(batches, 0).at(0),
              second = batches_of_epoch(batches, 1).at(0);
  const Batch third = batches_of_epoch(batches, 2).at(0);
  Index flipped = 0;
  for (Index i = 0; i < 200; ++i) {
    flipped += is_flipped(first, i);
    CHECK(is_flipped(first, i) != is_flipped(second, i));
    CHECK(is_flipped(first, i) == is_flipped(third, i));
  }
  CHECK(flipped > 75);
  CHECK(flipped < 125);
}

TEST_CASE("drop_last leaves out what fills no batch") {
  const Dataset dataset = numbered_set(8, {1, 1, 3});
  Batches batches(dataset, kNone, {.batch_size = 3, .drop_last = true});
  CHECK(batches.batches_per_epoch() == 2);
  CHECK(labels_of(batches_of_epoch(batches, 0)).size() == 6);
  CHECK_THROWS_WITH_AS(Batches(dataset, kNone, {.batch_size = 9, .drop_last = true}),
                       Contains("train.batch_size is 9 with train.drop_last"), Error);
}

TEST_CASE("a shift that is as large as the images is refused") {
  const Dataset dataset = numbered_set(4, {5, 3, 3});
  CHECK_NOTHROW(Batches(dataset, kNone, {.batch_size = 2, .augmentation = {.shift = 2}}));
  CHECK_THROWS_WITH_AS(Batches(dataset, kNone, {.batch_size = 2, .augmentation = {.shift = 3}}),
                       Contains("to be shifted by 3 with a mirrored border"), Error);
}

TEST_CASE("two ways to move or to mirror an image exclude each other") {
  const Dataset dataset = numbered_set(4, {5, 5, 3});
  const auto make = [&](const Augmentation& augmentation) {
    Batches(dataset, kNone, {.batch_size = 2, .augmentation = augmentation});
  };
  CHECK_NOTHROW(make({.flip = true, .shift = 1}));
  CHECK_NOTHROW(make({.alternating_flip = true, .crop = true}));
  CHECK_THROWS_WITH_AS(make({.crop = true, .shift = 1}), Contains("out of data.augment"), Error);
  CHECK_THROWS_AS(make({.flip = true, .alternating_flip = true}), Error);
}

TEST_CASE("make_batch refuses images that are too small for a view") {
  const Dataset dataset = numbered_set(2, {4, 4, 3});
  const auto seen = [&](Index top, Index left, bool mirrors) {
    make_batch(dataset, kNone, 0, 1, {.top = top, .left = left, .mirrors_border = mirrors});
  };
  CHECK_NOTHROW(seen(3, -3, true));
  CHECK_NOTHROW(seen(9, 0, false));
  CHECK_THROWS_WITH_AS(
      seen(0, -4, true),
      "[batches] to be shifted by 4 with a mirrored border (data.shift, train.views), "
      "images must be larger than that: they are (4, 4, 3)",
      Error);
  CHECK_THROWS_AS(seen(4, 0, true), Error);
}

TEST_CASE("make_batch looks at images as it is told") {
  Dataset dataset{"one", {2, 3, 1}, {0, 51, 102, 153, 204, 255}, {0}, {"one"}};
  const auto seen = [&](const View& view) {
    return make_batch(dataset, Standardization::none(1), 0, 1, view).images;
  };
  const Shape shape{1, 2, 3, 1};
  CHECK(mismatch(seen({}), numbers(shape, {0, 0.2, 0.4, 0.6, 0.8, 1})) == "");
  CHECK(mismatch(seen({.flip = true}), numbers(shape, {0.4, 0.2, 0, 1, 0.8, 0.6})) == "");
  CHECK(mismatch(seen({.top = 1, .left = -1}), numbers(shape, {0, 0.6, 0.8, 0, 0, 0})) == "");
  CHECK(mismatch(seen({.top = 1, .left = -1, .mirrors_border = true}),
                 numbers(shape, {0.8, 0.6, 0.8, 0.2, 0, 0.2})) == "");
}
