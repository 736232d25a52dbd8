// Evaluation: how good a model is on images that it is not trained with at this moment.
#include <algorithm>
#include <utility>

#include "minitape/data/batches.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/run/trainer.hpp"

namespace minitape {

Score evaluate(const Sequential& model, const Dataset& dataset,
               const Standardization& standardization, Index count) {
  constexpr Index kBatch = 256;
  Score sum;
  for (Index first = 0; first < count; first += kBatch) {
    const Index n = std::min(kBatch, count - first);
    Batch batch = make_batch(dataset, standardization, first, n);
    const Tensor logits = model.predict(std::move(batch.images));  // [n, classes]
    sum.loss += static_cast<double>(softmax_cross_entropy(logits, batch.labels).item()) *
                static_cast<double>(n);
    sum.accuracy += static_cast<double>(count_correct(logits, batch.labels));
  }
  return {sum.loss / static_cast<double>(count), sum.accuracy / static_cast<double>(count)};
}

}  // namespace minitape
