// The lower bound for an experiment's memory: arithmetic on the shapes of its layers.
#pragma once

#include "minitape/tools/memory.hpp"

namespace minitape {

/// Bytes: fixed + batch_size·per_image.
struct Need {
  double fixed = 0, per_image = 0;
  double of(Index batch_size) const { return fixed + static_cast<double>(batch_size) * per_image; }
};

/// What least_memory says, for any batch size.
Need least_need(const Config& config, Work work);

/// Bytes of the training and the test set; 0 where the config does not tell.
double data_bytes(const Config& config);

}  // namespace minitape
