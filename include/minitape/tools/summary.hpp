// Summary: what a model consists of, layer by layer, without computing anything.
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
