// The mini-batches of one epoch after another: shuffled, augmented, standardized, prepared ahead.
//
// Every random choice has its own stream. So a batch depends on the seed, the epoch and its place
// in the epoch alone: not on the model, the number of threads or what was drawn before.
//
//   "shuffle/epoch<e>"            the order of the images in epoch e (epochs count from 0)
//   "augment/epoch<e>/image<i>"   whether image i of the data set is flipped; row and column of its
//                                 crop or shift. All three are always drawn, so that switching one
//                                 augmentation on does not change the other.
//   "first_flip/image<i>"         with alternating flips, whether it is flipped in epoch 0
//
// Images are augmented as bytes, before they are standardized. So the padding of a crop is black,
// as in PyTorch's usual RandomCrop(32, padding=4), RandomHorizontalFlip, Normalize.
#pragma once

#include <cstdint>
#include <future>
#include <optional>
#include <vector>

#include "minitape/data/dataset.hpp"

namespace minitape {

struct Batch {
  Tensor images;            // [n, H, W, C]
  std::vector<int> labels;  // [n]
};

struct Augmentation {
  bool flip = false;              // mirror left to right with probability 1/2
  bool alternating_flip = false;  // as flip in epoch 0, then the other way in each epoch
  bool crop = false;  // pad by kCropPadding on all sides, then cut H×W pixels out at a random place
  static constexpr Index kCropPadding = 4;
  Index shift = 0;  // move by up to so many pixels both ways, mirroring what is at the border
  bool any() const { return flip || alternating_flip || crop || shift > 0; }  // images change
  bool operator==(const Augmentation&) const = default;
};

struct BatchOptions {  // how an epoch is cut into batches
  Index batch_size = 128;
  bool shuffle = true;         // false: in the order of the data set, in every epoch
  bool sort_by_class = false;  // after that, by label: for what happens when batches are not mixed
  bool drop_last = false;      // an epoch ends with its last full batch
  Augmentation augmentation;
  std::uint64_t seed = 1;
  bool operator==(const BatchOptions&) const = default;
};

class Batches {
 public:
  /// The data set must outlive this object and must not change. Throws when the standardization has
  /// other channels than the images, or the set is too small for a batch.
  Batches(const Dataset& dataset, const Standardization& standardization,
          const BatchOptions& options);
  Batches(const Batches&) = delete;  // the thread that prepares a batch refers to this object

  /// Images in the incomplete batch at the end of an epoch; 0 where there is none, or where it is
  /// dropped. One of a single image always is, because batch norm cannot train on it.
  Index rest() const;
  /// Batches in an epoch, the incomplete one included.
  Index batches_per_epoch() const;

  /// Goes to batch `first` of epoch `epoch` (both count from 0) and starts to prepare it.
  void start_epoch(Index epoch, Index first = 0);
  /// The next batch of this epoch, or nothing after the last one. While the caller works on it,
  /// the following batch is prepared on another thread; what that throws, the next call throws.
  std::optional<Batch> next();

 private:
  void prepare(Index batch);
  Batch make(Index batch) const;

  const Dataset& dataset_;
  BatchOptions options_;
  std::vector<Real> table_;  // [C, 256]: the number that each byte becomes
  Index epoch_ = 0;
  std::vector<Index> order_;  // [size of the data set]: this epoch's order
  Index prepared_ = 0;        // the number of the batch that ready_ will hold
  std::future<Batch> ready_;  // the last member: destroyed, and waited for, first
};

/// How an image is looked at: its pixel (h, w) is the image's (h + top, w + left).
struct View {
  bool flip = false;  // left to right, after that
  Index top = 0, left = 0;
  bool mirrors_border = false;  // what is beyond the border; else it is black
  bool operator==(const View&) const = default;
};

/// Images first … first + count − 1 in order, without augmentation: for evaluation.
/// Throws when the data set does not have them, or they are too small for the view.
Batch make_batch(const Dataset& dataset, const Standardization& standardization, Index first,
                 Index count, const View& view = {});

}  // namespace minitape
