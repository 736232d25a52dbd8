// Text 0, C. Patil: from the mean and deviation of one image to those of a set, 0.1 … 0.9.

#include "ledger/ledger.hpp"
#include "minitape/data/batches.hpp"
#include "minitape/data/load.hpp"

namespace minitape {
namespace {

// Standard deviation of all bytes / 255 of a set, and the average of the deviations of its images.
struct Deviations {
  double true_one = 0, average_of_images = 0;
};
Deviations deviations(const Dataset& dataset) {
  const Standardization bytes = Standardization::none(dataset.image_shape.channels());
  Deviations result;
  double mean = 0, square = 0;  // of all pixels
  const auto images = static_cast<double>(dataset.size());
  for (Index i = 0; i < dataset.size(); ++i) {
    const Tensor image = make_batch(dataset, bytes, i, 1).images;
    const BatchStatistics own = batch_statistics(image.reshaped({image.size(), 1}));
    result.average_of_images += std::sqrt(own.variance[0]) / images;
    mean += own.mean[0] / images;
    square += (own.variance[0] + squared(own.mean[0])) / images;
  }
  result.true_one = std::sqrt(square - squared(mean));
  return result;
}

// Images [200, 8, 8, 1] whose brightness varies far more than their texture.
Tensor bright_and_dark_images() {
  Tensor x = random_tensor("texture", {200, 8, 8, 1}, 0, 0.10);
  const Tensor brightness = random_tensor("brightness", {200}, 0.5, 0.25);
  for (Index i = 0; i < x.size(); ++i) x[i] += brightness[i / 64];
  return x;
}

}  // namespace

TEST_SUITE_BEGIN("ledger");

TEST_CASE("0.1, 0.2: a channel's mean and variance are sums over 240,000 pixels, divided by it") {
  const Tensor image = random_tensor("image", {1, 400, 600, 3}, 120, 40);
  const BatchStatistics statistics = batch_statistics(image);
  CHECK(image.rows() == 240'000);
  for (Index c = 0; c < 3; ++c) {
    const auto [mean, variance] = exact_moments(image, c);
    CHECK(std::abs(statistics.mean[c] - mean) < 1e-10);
    CHECK(std::abs(statistics.variance[c] / variance - 1) < kExact);  // n − 1 would be 4.2e-6 off
  }
}

TEST_CASE("0.3: a 50 x 50 feature map of 128 channels has 128 means and 128 deviations") {
  const Tensor map = random_tensor("map", {1, 50, 50, 128}, 1, 2);
  const BatchStatistics statistics = batch_statistics(map);
  CHECK(statistics.mean.shape() == Shape{128});
  CHECK(statistics.variance.shape() == Shape{128});
  for (Index c = 0; c < 128; ++c) {
    const auto [mean, variance] = exact_moments(map, c);
    CHECK(std::abs(statistics.mean[c] - mean) < kExact);
    CHECK(std::abs(statistics.variance[c] - variance) < 1e-11);
  }
}

TEST_CASE("0.5: the global mean is the average of the images' means if all are equally large") {
  const Tensor small = random_tensor("small", {10, 1}, 0),
               large = random_tensor("large", {1000, 1}, 1);
  const Tensor middle = random_tensor("middle", {1000, 1}, 5);
  const auto joined_mean = [](const Tensor& a, const Tensor& b) {
    Tensor all = Tensor::uninitialized({a.size() + b.size(), 1});
    std::copy_n(a.data(), a.size(), all.data());
    std::copy_n(b.data(), b.size(), all.data() + a.size());
    return exact_moments(all, 0).first;
  };
  const auto image_mean = [](const Tensor& image) { return batch_statistics(image).mean[0]; };
  const double plain = (image_mean(small) + image_mean(large)) / 2;
  const double weighted = (10 * image_mean(small) + 1000 * image_mean(large)) / 1010;
  CHECK((image_mean(large) + image_mean(middle)) / 2 == about(joined_mean(large, middle), kExact));
  CHECK(weighted == about(joined_mean(small, large), kExact));
  CHECK(std::abs(plain - joined_mean(small, large)) > 0.3);
}

TEST_CASE("0.6: the global deviation is not the average of the images' deviations") {
  // One black image and one white image of four pixels: neither varies, together they do.
  const Tensor two = numbers({2, 2, 2, 1}, {0, 0, 0, 0, 1, 1, 1, 1});
  CHECK(batch_statistics(rows_of(two, 0, 1)).variance[0] == 0);
  CHECK(batch_statistics(rows_of(two, 1, 1)).variance[0] == 0);
  CHECK(std::sqrt(batch_statistics(two).variance[0]) == 0.5);

  // Brightness of deviation 0.25 and texture of deviation 0.10: near √(0.25² + 0.10²) = 0.27, with
  // 200 images within 5 %.
  const Tensor x = bright_and_dark_images();
  double average = 0;
  for (Index i = 0; i < 200; ++i)
    average += std::sqrt(batch_statistics(rows_of(x, i, 1)).variance[0]) / 200;
  CHECK(average == about(0.097, 0.01));
  CHECK(std::sqrt(batch_statistics(x).variance[0]) == about(0.256, 0.01));
}

TEST_CASE("0.6: by how much the average of deviations is too small on images") {
  const Deviations shapes = deviations(make_shapes(1, "train", 300));
  CHECK(shapes.average_of_images / shapes.true_one == about(0.871, 0.02));
  if (!real_mnist("0.6")) return;
  const Deviations mnist = deviations(load_data({.name = "mnist", .test_limit = 10}).train);
  CHECK(mnist.true_one == about(0.3081, 1e-4));  // the constant everybody uses
  CHECK(mnist.average_of_images == about(0.3013, 1e-3));
}

TEST_CASE("0.7: averaging the images' variances loses the variance of their means") {
  const Tensor x = bright_and_dark_images();
  const double global_mean = batch_statistics(x).mean[0],
               global_variance = batch_statistics(x).variance[0];
  double within = 0, around_global = 0;
  std::vector<double> means;
  for (Index i = 0; i < 200; ++i) {
    const Tensor image = rows_of(x, i, 1);
    const BatchStatistics own = batch_statistics(image);
    means.push_back(own.mean[0]);
    within += own.variance[0] / 200;
    for (const Real pixel : image.values()) around_global += squared(pixel - global_mean) / 12800;
  }
  CHECK(within / global_variance == about(0.144, 0.01));
  CHECK(within + squared(deviation_of(means)) == about(global_variance, kExact));
  // The refactoring is right with the global mean inside the square …
  CHECK(around_global == about(global_variance, kExact));
  // … and right as it stands when all images have the same mean.
  Tensor level = x;
  for (Index i = 0; i < level.size(); ++i) level[i] -= means[static_cast<std::size_t>(i / 64)];
  CHECK(within == about(batch_statistics(level).variance[0], kExact));
}

TEST_CASE("0.8, 0.9: with the whole set as one batch, batch norm is input normalization") {
  const Dataset set = make_shapes(1, "train", 30);
  const Standardization of_set = Standardization::of(set);
  const Tensor raw = make_batch(set, Standardization::none(3), 0, 30).images;
  const Tensor standardized = make_batch(set, of_set, 0, 30).images;
  const BatchStatistics batch = batch_statistics(raw);
  for (Index c = 0; c < 3; ++c) {
    const auto channel = static_cast<std::size_t>(c);
    CHECK(std::abs(batch.mean[c] - of_set.mean[channel]) < kExact);
    CHECK(std::abs(std::sqrt(batch.variance[c]) - of_set.deviation[channel]) < kExact);
  }
  CHECK(mismatch(normalized(raw, 0), standardized, 1e-11) == "");
  // An epsilon above zero shrinks every channel by exactly √(v / (v + ε)).
  Tensor shrunk = standardized;
  for (Index i = 0; i < shrunk.size(); ++i) {
    const double v = batch.variance[i % 3];
    shrunk[i] *= std::sqrt(v / (v + 1e-2));
  }
  CHECK(mismatch(normalized(raw, 1e-2), shrunk, 1e-11) == "");
  CHECK(mismatch(normalized(raw, 1e-2), standardized, 1e-2) != "");
}

TEST_SUITE_END();

}  // namespace minitape
