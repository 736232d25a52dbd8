// Summary: a model's layers and the memory that training it takes, without computing anything.
//
// The room tools/ holds what looks at a model without changing it:
//
//   summary      layers, shapes, memory      gradcheck      gradients against differences
//   benchmark    how fast                    profile        where the time goes
//   predict      a trained model's answers   digit_photo    a photo in the form of MNIST's images
//   fold         batch norm folded away      contact_sheet  the data, seen
//   graph        the tape of a step, drawn
//
// It includes all rooms but apps/, which is the only one that may include it.
#pragma once

#include <string>
#include <vector>

#include "minitape/config/config.hpp"
#include "minitape/nn/sequential.hpp"

namespace minitape {

struct SummaryRow {         // one layer
  std::string layer;        // "0.conv2d"; layers inside of a residual block have rows of their own
  Shape output;             // of one example
  Index trainable = 0;      // numbers that the optimizer changes
  Index not_trainable = 0;  // running statistics, and what optimizer.train leaves out
  std::string note;         // what is worth knowing: a useless bias, the decay of the statistics
};

struct Summary {
  Shape input;  // of one example
  std::vector<SummaryRow> rows;
  Index trainable = 0, not_trainable = 0;  // of all rows

  /// A table with the totals below.
  std::string to_string() const;
};

/// Throws where the layers do not fit together. Allocates no activations.
Summary summarize(const Sequential& model, const Shape& input);

/// What a training step takes, in bytes. The program itself, the data set and short-lived
/// intermediate results come on top.
struct MemoryEstimate {
  Index batch_size = 0;
  double parameters = 0;   // and the running statistics
  double gradients = 0;    // of the parameters
  double optimizer = 0;    // SGD's velocities
  double activations = 0;  // the batch and the output of every layer, kept for backward

  std::string to_text() const;  // a table, in MB
};
MemoryEstimate estimate_memory(const Summary& summary, const Config& config);

}  // namespace minitape
