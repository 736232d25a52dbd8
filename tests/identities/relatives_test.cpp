// Batch norm and its relatives. All of them subtract a mean and divide by a deviation; they differ
// in which elements share them. For images (N, H, W, C) all pixels do, and further:
//
//   batch norm      all images, one channel        layer norm      one image, all channels
//   ghost batches   s images, one channel          group norm      one image, C/G channels
//                                                  instance norm   one image, one channel
//
// Each is batch norm of another matrix: one column for each set of elements.

#include <functional>

#include "identities/pass.hpp"

namespace minitape {
namespace {

constexpr double kEpsilon = 1e-3;
const Shape kShape{4, 5, 3, 6};  // N, H, W, C

// Which set an element of image n and channel c belongs to: 0, 1, 2, …
using SetOf = std::function<Index(Index n, Index c)>;

// (n, c) of element i.
Index image_of(const Tensor& x, Index i) { return i / (x.size() / x.shape()[0]); }
Index channel_of(const Tensor& x, Index i) { return i % x.channels(); }

// The definition in plain loops, with the mean and the variance of each set in long double.
Tensor normalized(const Tensor& x, Index sets, const SetOf& set_of) {
  struct Statistics {
    long double count = 0, mean = 0, variance = 0;
  };
  std::vector<Statistics> statistics(static_cast<std::size_t>(sets));
  const auto of = [&](Index i) -> Statistics& {
    return statistics[static_cast<std::size_t>(set_of(image_of(x, i), channel_of(x, i)))];
  };
  for (Index i = 0; i < x.size(); ++i) of(i).count += 1;
  for (Index i = 0; i < x.size(); ++i) of(i).mean += x[i] / of(i).count;
  for (Index i = 0; i < x.size(); ++i) {
    of(i).variance += (x[i] - of(i).mean) * (x[i] - of(i).mean) / of(i).count;
  }
  Tensor y = x;
  for (Index i = 0; i < x.size(); ++i) {
    y[i] = static_cast<Real>((x[i] - of(i).mean) / std::sqrt(of(i).variance + kEpsilon));
  }
  return y;
}

Tensor ghost_norm(const Tensor& x, Index images) {
  const Index channels = x.channels(), batches = x.shape()[0] / images;
  return normalized(x, batches * channels,
                    [=](Index n, Index c) { return n / images * channels + c; });
}
Tensor layer_norm(const Tensor& x) {
  return normalized(x, x.shape()[0], [](Index n, Index) { return n; });
}
Tensor instance_norm(const Tensor& x) {
  const Index channels = x.channels();
  return normalized(x, x.shape()[0] * channels, [=](Index n, Index c) { return n * channels + c; });
}
Tensor group_norm(const Tensor& x, Index groups) {
  const Index in_group = x.channels() / groups;
  return normalized(x, x.shape()[0] * groups,
                    [=](Index n, Index c) { return n * groups + c / in_group; });
}

// The library's operation with gamma = 1 and beta = 0.
Tensor batch_norm(const Tensor& x) {
  Tape tape;
  const Var one = tape.constant(Tensor::full({x.channels()}, 1));
  const Var none = tape.constant(Tensor::zeros({x.channels()}));
  return batch_norm_training(tape.constant(x), one, none, kEpsilon).y.value();
}

// Images [first, first + count) of x.
Tensor slice(const Tensor& x, Index first, Index count) {
  const Shape& s = x.shape();
  Tensor part = Tensor::uninitialized({count, s[1], s[2], s[3]});
  std::copy_n(x.data() + first * part.size() / count, part.size(), part.data());
  return part;
}

// The library's operation on every `count` images for themselves.
Tensor batch_norm_by_parts(const Tensor& x, Index count) {
  Tensor y = x;
  for (Index n = 0; n < x.shape()[0]; n += count) {
    const Tensor part = batch_norm(slice(x, n, count));
    std::copy_n(part.data(), part.size(), y.data() + n * part.size() / count);
  }
  return y;
}

// [rows, columns] -> [columns, rows]
Tensor transposed(const Tensor& x, Index rows, Index columns) {
  Tensor y = Tensor::uninitialized({columns, rows});
  for (Index i = 0; i < x.size(); ++i) y[i % columns * rows + i / columns] = x[i];
  return y;
}

Tensor images() {
  Tensor x = random_tensor("x", kShape, 5, 3);
  // Every image and every channel gets a place of its own, so that no two of the sets look alike.
  for (Index i = 0; i < x.size(); ++i) {
    x[i] += 4 * static_cast<double>(image_of(x, i)) + 2 * static_cast<double>(channel_of(x, i));
  }
  return x;
}

}  // namespace

TEST_SUITE_BEGIN("identities");

TEST_CASE("19: ghost batches of all images are batch norm; of one image, instance norm") {
  const Tensor x = images();
  CHECK(mismatch(ghost_norm(x, 4), batch_norm(x), kExact) == "");
  CHECK(mismatch(ghost_norm(x, 2), batch_norm_by_parts(x, 2), kExact) == "");
  CHECK(mismatch(ghost_norm(x, 1), instance_norm(x), kExact) == "");
  CHECK(mismatch(ghost_norm(x, 2), batch_norm(x), 0.1) != "");
}

TEST_CASE("19: batch norm of one image in training is instance norm") {
  const Tensor x = images();
  CHECK(mismatch(batch_norm_by_parts(x, 1), instance_norm(x), kExact) == "");
  CHECK(mismatch(batch_norm(x), instance_norm(x), 0.1) != "");
}

TEST_CASE("19: group norm with one group is layer norm, with C groups instance norm") {
  const Tensor x = images();
  CHECK(mismatch(group_norm(x, 1), layer_norm(x), kExact) == "");
  CHECK(mismatch(group_norm(x, 6), instance_norm(x), kExact) == "");
  for (const Index groups : {2, 3}) {
    CHECK(mismatch(group_norm(x, groups), layer_norm(x), 0.1) != "");
    CHECK(mismatch(group_norm(x, groups), instance_norm(x), 0.1) != "");
  }
}

TEST_CASE("19: layer norm is batch norm of the transposed matrix, examples for channels") {
  const Tensor x = images();
  const Index n = kShape[0], features = x.size() / n;
  const Tensor columns = batch_norm(transposed(x, n, features));  // [H·W·C, N]
  CHECK(mismatch(transposed(columns, features, n).reshaped(kShape), layer_norm(x), kExact) == "");
}

TEST_CASE("20: variance of all = mean of the batches' variances + variance of their means") {
  const Tensor x = images();
  const BatchStatistics all = batch_statistics(x);
  for (const Index count : {1, 2}) {  // equal batches of so many images
    Tensor mean_variance = Tensor::zeros({6}), means = Tensor::zeros({4 / count, 6});
    for (Index b = 0; b < 4 / count; ++b) {
      const BatchStatistics part = batch_statistics(slice(x, b * count, count));
      for (Index c = 0; c < 6; ++c) {
        mean_variance[c] += part.variance[c] * static_cast<double>(count) / 4;
        means[b * 6 + c] = part.mean[c];
      }
    }
    const Tensor between = batch_statistics(means).variance;
    Tensor pooled = mean_variance;
    pooled.add(between);
    CHECK(mismatch(pooled, all.variance, kExact) == "");
    // Running statistics average the batches' variances alone: what they miss is not small here.
    CHECK(between[0] > 0.3 * all.variance[0]);
  }
}

TEST_CASE("20: unequal batches merge by M2 = M2_a + M2_b + δ²·n_a·n_b/n, δ = mean_b − mean_a") {
  const Tensor x = images();
  const BatchStatistics all = batch_statistics(x), a = batch_statistics(slice(x, 0, 1)),
                        b = batch_statistics(slice(x, 1, 3));
  const double pixels = static_cast<double>(kShape[1] * kShape[2]);
  const double n_a = pixels, n_b = 3 * pixels, n = n_a + n_b;
  for (Index c = 0; c < 6; ++c) {
    const double delta = b.mean[c] - a.mean[c];
    const double m2 = n_a * a.variance[c] + n_b * b.variance[c] + delta * delta * n_a * n_b / n;
    CHECK(differ(a.mean[c] + delta * n_b / n, all.mean[c], all.mean[c]) == "");
    CHECK(differ(m2 / n, all.variance[c], all.variance[c]) == "");
  }
}

TEST_SUITE_END();

}  // namespace minitape
