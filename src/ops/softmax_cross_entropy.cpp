// Equations and storage layout: minitape/ops/softmax_cross_entropy.hpp
#include "minitape/ops/softmax_cross_entropy.hpp"

#include <algorithm>
#include <cmath>

namespace minitape {
namespace {

void check_labels(const Tensor& logits, std::span<const int> labels) {
  const Shape& shape = logits.shape();
  MINITAPE_CHECK(shape.rank() == 2 && shape[0] == static_cast<Index>(labels.size()) && shape[0] > 0,
                 "[softmax_cross_entropy] needs logits (N, K) and N labels: logits are ", shape,
                 ", there are ", labels.size(), " labels");
  for (std::size_t n = 0; n < labels.size(); ++n) {
    MINITAPE_CHECK(labels[n] >= 0 && labels[n] < shape[1], "[softmax_cross_entropy] label ",
                   labels[n], " of example ", n, " is not one of the ", shape[1], " classes");
  }
}

// The logits of example n: K numbers.
std::span<const Real> row_of(const Tensor& logits, std::size_t n) {
  const auto classes = static_cast<std::size_t>(logits.channels());
  return logits.values().subspan(n * classes, classes);
}

}  // namespace

Tensor softmax(Tensor logits) {
  const Index classes = logits.channels();
  MINITAPE_CHECK(classes > 0, "[softmax] needs at least one class: logits are ", logits.shape());
  for (Index n = 0; n < logits.rows(); ++n) {
    Real* const row = logits.data() + n * classes;
    const Real largest = *std::max_element(row, row + classes);
    double sum = 0;
    for (Index k = 0; k < classes; ++k) {
      row[k] = std::exp(row[k] - largest);
      sum += static_cast<double>(row[k]);
    }
    for (Index k = 0; k < classes; ++k) {
      row[k] = static_cast<Real>(static_cast<double>(row[k]) / sum);
    }
  }
  return logits;
}

Tensor softmax_cross_entropy(const Tensor& logits, std::span<const int> labels) {
  check_labels(logits, labels);
  double loss = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    // −log p[label] = log Σ e^(z − max) + max − z[label]
    const std::span<const Real> z = row_of(logits, n);
    const auto largest = static_cast<double>(*std::max_element(z.begin(), z.end()));
    double sum = 0;
    for (const Real value : z) sum += std::exp(static_cast<double>(value) - largest);
    loss += std::log(sum) + largest - static_cast<double>(z[static_cast<std::size_t>(labels[n])]);
  }
  return Tensor::scalar(static_cast<Real>(loss / static_cast<double>(labels.size())));
}

Var softmax_cross_entropy(Var logits, std::span<const int> labels) {
  Tensor loss = softmax_cross_entropy(logits.value(), labels);
  const auto backward = [logits, labels = std::vector(labels.begin(), labels.end())](const Tensor&,
                                                                                     Tensor dy) {
    // dz = (p − one-hot label) / N, times the gradient of the loss itself.
    Tensor dz = softmax(logits.value());  // [N, K]
    const Index rows = dz.rows(), classes = dz.channels();
    for (Index n = 0; n < rows; ++n) dz[n * classes + labels[static_cast<std::size_t>(n)]] -= 1;
    const Real factor = dy.item() / static_cast<Real>(rows);
    for (Real& value : dz.values()) value *= factor;
    logits.add_gradient(std::move(dz));
  };
  return logits.tape().record("softmax_cross_entropy", {logits}, std::move(loss), backward);
}

Index count_correct(const Tensor& logits, std::span<const int> labels) {
  check_labels(logits, labels);
  Index correct = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const std::span<const Real> z = row_of(logits, n);
    const bool has_nan = std::any_of(z.begin(), z.end(), [](Real v) { return std::isnan(v); });
    correct += !has_nan && std::max_element(z.begin(), z.end()) - z.begin() == labels[n];
  }
  return correct;
}

}  // namespace minitape
