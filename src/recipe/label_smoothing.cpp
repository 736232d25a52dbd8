#include "minitape/recipe/label_smoothing.hpp"

#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"

namespace minitape {

Var smoothed_cross_entropy(Var logits, std::span<const int> labels, double amount) {
  MINITAPE_CHECK(amount >= 0 && amount < 1, "[label_smoothing] must be in [0, 1): got ", amount);
  const Var loss = softmax_cross_entropy(logits, labels);
  if (amount == 0) return loss;
  // The factor of each logit: −a/(K·N), and a/N more where it is the label's.
  const Index rows = logits.shape()[0], classes = logits.shape()[1];
  const auto share = static_cast<Real>(amount / static_cast<double>(rows));
  Tensor weights = Tensor::full(logits.shape(), -share / static_cast<Real>(classes));  // [N, K]
  for (Index n = 0; n < rows; ++n) {
    weights[n * classes + labels[static_cast<std::size_t>(n)]] += share;
  }
  return loss + sum(logits * logits.tape().constant(std::move(weights)));
}

}  // namespace minitape
