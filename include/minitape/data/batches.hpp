// Mini-batches of one epoch after another: shuffled, augmented, standardized, prepared ahead.
//
// Every random choice has its own stream, so a batch depends on the seed, the epoch and its place
// in it, and on nothing else: not on the model, not on the number of threads, not on what was drawn
// before. The order of epoch e comes from "shuffle/epoch<e>", the augmentation of training image i
// in it from "augment/epoch<e>/image<i>".
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
  bool flip = false;  // mirror left to right with probability 1/2
  bool crop = false;  // pad by kCropPadding on all sides, then cut out at a random place
  static constexpr Index kCropPadding = 4;
};

struct BatchOptions {
  Index batch_size = 128;
  bool shuffle = true;  // false: the images in the order of the data set, the same in every epoch
  Augmentation augmentation;
  std::uint64_t seed = 1;
};

class Batches {
 public:
  /// Keeps a reference to the data set, which must outlive this object.
  Batches(const Dataset& dataset, Standardization standardization, BatchOptions options);
  ~Batches();  // waits for the batch in preparation

  /// Batches in an epoch. The last one is smaller when the sizes do not divide; a last batch of a
  /// single image is left out, because batch norm cannot train on it.
  Index batches_per_epoch() const;

  /// Goes to batch `first` of epoch `epoch` (both count from 0) and starts to prepare it.
  void start_epoch(Index epoch, Index first = 0);
  /// The next batch of this epoch, or nothing after the last one. While the caller works on it,
  /// the following batch is prepared on another thread.
  std::optional<Batch> next();

 private:
  Batch make(Index batch) const;

  const Dataset& dataset_;
  Standardization standardization_;
  BatchOptions options_;
  Index epoch_ = 0;
  Index next_ = 0;            // the batch that ready_ holds
  std::vector<Index> order_;  // of this epoch
  std::future<Batch> ready_;
};

/// Images first … first + count − 1 in order, without augmentation: for evaluation.
Batch make_batch(const Dataset& dataset, const Standardization& standardization, Index first,
                 Index count);

}  // namespace minitape
