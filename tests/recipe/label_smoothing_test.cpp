#include "minitape/recipe/label_smoothing.hpp"

#include <cmath>

#include "gradients.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"

namespace minitape {
namespace {

using Inputs = std::vector<Var>;
using Labels = std::vector<int>;

double loss_of(const Tensor& logits, const Labels& labels, double amount) {
  Tape tape;
  return double{smoothed_cross_entropy(tape.constant(logits), labels, amount).value().item()};
}

}  // namespace

TEST_CASE("label smoothing by hand: cross-entropy with the smoothed targets") {
  // p = softmax(ln 1, ln 3, ln 4) = (1, 3, 4) / 8; with a = 0.3 and label 1 the targets are 0.1,
  // 0.8, 0.1.
  const Tensor z = numbers({1, 3}, {0, std::log(3.0), std::log(4.0)});
  const double expected =
      -(0.1 * std::log(1.0 / 8) + 0.8 * std::log(3.0 / 8) + 0.1 * std::log(4.0 / 8));
  CHECK(loss_of(z, {1}, 0.3) == doctest::Approx(expected).epsilon(1e-6));
}

TEST_CASE("label smoothing: the gradient is p minus the targets, over the batch") {
  Tape tape;
  const Var z = tape.variable(numbers({2, 2}, {0, std::log(3.0), 0, 0}));
  tape.backward(smoothed_cross_entropy(z, Labels{1, 0}, 0.5));
  // p = (1/4, 3/4) and (1/2, 1/2); targets (1/4, 3/4) and (3/4, 1/4).
  CHECK(mismatch(z.gradient(), Tensor({2, 2}, {0, 0, -0.125, 0.125})) == "");
}

TEST_CASE("gradients of label smoothing" * double_only()) {
  const auto function = [](const Inputs& in) {
    return smoothed_cross_entropy(in[0], Labels{3, 0, 2, 2, 1}, 0.2);
  };
  CHECK(wrong_gradients(function, {random_tensor("z", {5, 4}, 0, 2)}) == "");
}

TEST_CASE("without smoothing it is the plain loss, to the bit") {
  const Tensor z = random_tensor("z", {6, 5});
  const Labels labels{0, 1, 2, 3, 4, 0};
  CHECK(loss_of(z, labels, 0) == double{softmax_cross_entropy(z, labels).item()});
}

TEST_CASE("label smoothing refuses amounts out of [0, 1)") {
  for (const double amount : {-0.1, 1.0, kNaN}) {
    CHECK_THROWS_WITH_AS(loss_of(Tensor({1, 2}, {0, 0}), {0}, amount),
                         doctest::Contains("[label_smoothing] must be in [0, 1): got "), Error);
  }
}

}  // namespace minitape
