#include "minitape/data/batches.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>

#include "minitape/core/random.hpp"

namespace minitape {
namespace {

using Bytes = std::span<const std::uint8_t>;

// The number that each byte becomes, [C, 256]: there are so few that each is computed once.
std::vector<Real> standardized_bytes(const Dataset& dataset,
                                     const Standardization& standardization) {
  const std::size_t channels = standardization.mean.size();
  MINITAPE_CHECK(dataset.image_shape.channels() == std::ssize(standardization.mean),
                 "[batches] images and standardization must have the same channels: ", dataset.name,
                 " has ", dataset.image_shape.channels(), ", the standardization has ", channels);
  std::vector<Real> table;
  for (std::size_t c = 0; c < channels; ++c) {
    for (int byte = 0; byte < 256; ++byte) {
      table.push_back(static_cast<Real>((byte / 255.0 - standardization.mean[c]) /
                                        standardization.deviation[c]));
    }
  }
  return table;
}

// The pixel that stands at place i: itself within the image; beyond its border the one as far on
// the other side of the border's pixel, or none (-1).
Index source(Index i, Index extent, bool mirrors) {
  if (i >= 0 && i < extent) return i;
  if (!mirrors) return -1;
  return i < 0 ? -i : 2 * (extent - 1) - i;
}

void check_mirrored(const Shape& image, Index pixels) {
  MINITAPE_CHECK(pixels < image[0] && pixels < image[1], "[batches] to be shifted by ", pixels,
                 " with a mirrored border (data.shift, train.views), images must be larger than ",
                 "that: they are ", image);
}

// result(h, w) = image(h + top, w + left), which beyond the border is 0 or mirrored; with flip, w
// counts from the right.
void look(const View& view, Bytes image, const Shape& shape, std::vector<std::uint8_t>& result) {
  const Index H = shape[0], W = shape[1], C = shape[2];
  result.assign(image.size(), 0);
  for (Index h = 0; h < H; ++h) {
    const Index from_h = source(h + view.top, H, view.mirrors_border);
    for (Index w = 0; w < W && from_h >= 0; ++w) {
      const Index from_w = source(w + view.left, W, view.mirrors_border);
      const Index to = (h * W + (view.flip ? W - 1 - w : w)) * C;
      if (from_w < 0) continue;
      std::copy_n(image.begin() + (from_h * W + from_w) * C, C, result.begin() + to);
    }
  }
}

// What training sees of image i in this epoch.
View random_view(const Augmentation& augmentation, std::uint64_t seed, Index epoch, Index i) {
  // Draw all three numbers, whichever are used.
  Random random = stream(seed, concat("augment/epoch", epoch, "/image", i));
  const Index reach = augmentation.shift > 0 ? augmentation.shift : Augmentation::kCropPadding;
  View view{.flip = random.chance(0.5) && augmentation.flip,
            .mirrors_border = augmentation.shift > 0};
  view.top = random.below(2 * reach + 1) - reach;
  view.left = random.below(2 * reach + 1) - reach;
  if (!augmentation.crop && augmentation.shift == 0) view.top = view.left = 0;
  if (augmentation.alternating_flip) {
    const bool first = stream(seed, concat("first_flip/image", i)).chance(0.5);
    view.flip = first == (epoch % 2 == 0);
  }
  return view;
}

// The images index_of(0) … index_of(count − 1), each looked at as view_of(its index) says, then
// standardized: bytes [H, W, C] -> numbers [H, W, C].
template <class IndexOf, class ViewOf>
Batch batch_of(const Dataset& dataset, const std::vector<Real>& table, Index count,
               IndexOf index_of, ViewOf view_of) {
  const Shape& shape = dataset.image_shape;
  const std::size_t channels = table.size() / 256;
  Batch batch{Tensor::uninitialized(shape.with_batch(count)), {}};
  Real* numbers = batch.images.data();
  std::vector<std::uint8_t> seen;  // [H, W, C]
  for (Index n = 0; n < count; ++n, numbers += shape.size()) {
    const Index i = index_of(n);
    Bytes image = dataset.image(i);
    if (const View view = view_of(i); view != View{}) {
      look(view, image, shape, seen);
      image = seen;
    }
    for (std::size_t c = 0; c < channels; ++c) {
      const Real* of_channel = table.data() + c * 256;
      for (std::size_t k = c; k < image.size(); k += channels) numbers[k] = of_channel[image[k]];
    }
    batch.labels.push_back(dataset.labels[static_cast<std::size_t>(i)]);
  }
  return batch;
}

}  // namespace

Batches::Batches(const Dataset& dataset, const Standardization& standardization,
                 const BatchOptions& options)
    : dataset_(dataset), options_(options), table_(standardized_bytes(dataset, standardization)) {
  MINITAPE_CHECK(options_.batch_size >= 1, "[batches] batch size must be at least 1: got ",
                 options_.batch_size);
  const Augmentation& a = options_.augmentation;
  MINITAPE_CHECK(!(a.crop && a.shift > 0) && !(a.flip && a.alternating_flip),
                 "[batches] an image is moved and mirrored in one way: leave crop or shift, flip "
                 "or alternating_flip out of data.augment");
  check_mirrored(dataset_.image_shape, a.shift);
  MINITAPE_CHECK(batches_per_epoch() >= 1, "[batches] ", dataset_.name, " must yield a batch: it ",
                 "has ", dataset_.size(), " images, and train.batch_size is ", options_.batch_size,
                 options_.drop_last ? " with train.drop_last" : "");
}

Index Batches::rest() const {
  const Index rest = dataset_.size() % options_.batch_size;
  return rest == 1 || options_.drop_last ? 0 : rest;
}

Index Batches::batches_per_epoch() const {
  return dataset_.size() / options_.batch_size + (rest() > 0 ? 1 : 0);
}

void Batches::start_epoch(Index epoch, Index first) {
  MINITAPE_CHECK(epoch >= 0 && first >= 0 && first <= batches_per_epoch(),
                 "[batches] an epoch has ", batches_per_epoch(), " batches, counted from 0: epoch ",
                 epoch, ", batch ", first, " was asked for");
  ready_ = {};  // waits until the old epoch's order is no longer in use
  epoch_ = epoch;
  order_.resize(static_cast<std::size_t>(dataset_.size()));
  std::iota(order_.begin(), order_.end(), 0);
  if (options_.shuffle) {
    stream(options_.seed, "shuffle/epoch" + std::to_string(epoch)).shuffle(order_);
  }
  if (options_.sort_by_class) {
    std::ranges::stable_sort(
        order_, {}, [this](Index i) { return dataset_.labels[static_cast<std::size_t>(i)]; });
  }
  prepare(first);
}

std::optional<Batch> Batches::next() {
  MINITAPE_CHECK(!order_.empty(), "[batches] start_epoch must come before next");
  if (!ready_.valid()) return std::nullopt;
  Batch batch = ready_.get();
  prepare(prepared_ + 1);
  return batch;
}

void Batches::prepare(Index batch) {
  prepared_ = batch;
  if (batch == batches_per_epoch()) return;
  ready_ =
      std::async(std::launch::async | std::launch::deferred, [this, batch] { return make(batch); });
}

Batch Batches::make(Index batch) const {
  const Index first = batch * options_.batch_size;
  const Index count = std::min(options_.batch_size, dataset_.size() - first);
  const Augmentation& augmentation = options_.augmentation;
  const auto index_of = [&](Index n) { return order_[static_cast<std::size_t>(first + n)]; };
  const auto view_of = [&](Index i) {
    return augmentation.any() ? random_view(augmentation, options_.seed, epoch_, i) : View{};
  };
  return batch_of(dataset_, table_, count, index_of, view_of);
}

Batch make_batch(const Dataset& dataset, const Standardization& standardization, Index first,
                 Index count, const View& view) {
  MINITAPE_CHECK(first >= 0 && count >= 1 && count <= dataset.size() - first, "[batches] ",
                 dataset.name, " must have the images asked for: it has ", dataset.size(),
                 ", asked for were ", count, " from ", first, " on");
  const std::vector<Real> table = standardized_bytes(dataset, standardization);
  if (view.mirrors_border) {
    check_mirrored(dataset.image_shape, std::max(std::abs(view.top), std::abs(view.left)));
  }
  const auto index_of = [=](Index n) { return first + n; };
  return batch_of(dataset, table, count, index_of, [&](Index) { return view; });
}

}  // namespace minitape
