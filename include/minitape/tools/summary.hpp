// Summary: what a model consists of, layer by layer, without computing anything.
//
// The room tools/ holds what looks at a model without changing it, one file for each subcommand:
//
//   summary.hpp      layers, shapes, parameters   memory.hpp         what a training step takes
//   gradcheck.hpp    gradients against differences
//   benchmark.hpp    how fast                     profile.hpp        where the time goes
//   predict.hpp      a trained model's answers    digit_photo.hpp    a photo as MNIST's images are
//   fold.hpp         batch norm folded away       contact_sheet.hpp  the data, seen
//
// It includes all rooms but apps/, which is the only one that may include it.
#pragma once

#include <string>
#include <vector>

#include "minitape/nn/sequential.hpp"

namespace minitape {

struct SummaryRow {
  std::string layer;        // "0.conv2d"; layers inside of a residual block have rows of their own
  Shape output;             // of one example
  Index trainable = 0;      // numbers that the optimizer changes
  Index not_trainable = 0;  // running statistics
  std::string note;         // what is worth knowing: a useless bias, the decay of the statistics
};

struct Summary {
  Shape input;  // of one example
  std::vector<SummaryRow> rows;

  Index trainable() const;
  Index not_trainable() const;
  /// A table with the totals below.
  std::string to_string() const;
};

/// Throws where the layers do not fit together. Allocates no activations.
Summary summarize(const Sequential& model, const Shape& input);

}  // namespace minitape
