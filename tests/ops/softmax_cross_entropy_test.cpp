#include "minitape/ops/softmax_cross_entropy.hpp"

#include "gradients.hpp"

namespace minitape {
namespace {

using Labels = std::vector<int>;

constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN();

struct LossAndGradient {
  Real loss;
  Tensor gradient;
};

LossAndGradient loss_and_gradient(const Tensor& logits, const Labels& labels) {
  Tape tape;
  const Var z = tape.variable(logits), loss = softmax_cross_entropy(z, labels);
  tape.backward(loss);
  return {loss.value().item(), z.gradient()};
}

bool all_finite(const Tensor& x) {
  return std::all_of(x.values().begin(), x.values().end(), [](Real v) { return std::isfinite(v); });
}

}  // namespace

// ---- Examples by hand ----

TEST_CASE("cross-entropy by hand") {
  // z = (ln 1, ln 3): p = (1/4, 3/4). With label 0 the loss is ln 4 and dz = p − (1, 0).
  const Tensor z = numbers({1, 2}, {0, std::log(3.0)});
  const auto [loss, gradient] = loss_and_gradient(z, {0});
  CHECK(loss == doctest::Approx(std::log(4.0)).epsilon(1e-6));
  CHECK(mismatch(gradient, Tensor({1, 2}, {-0.75, 0.75})) == "");
}

TEST_CASE("the loss is the mean over the batch") {
  // Rows (ln 1, ln 3) with label 1 and (0, 0) with label 0: (ln 4/3 + ln 2) / 2.
  const Tensor z = numbers({2, 2}, {0, std::log(3.0), 0, 0});
  const auto [loss, gradient] = loss_and_gradient(z, {1, 0});
  CHECK(loss == doctest::Approx((std::log(4.0 / 3) + std::log(2.0)) / 2).epsilon(1e-6));
  CHECK(mismatch(gradient, Tensor({2, 2}, {0.125, -0.125, -0.25, 0.25})) == "");
}

TEST_CASE("without any knowledge the loss is the logarithm of the number of classes") {
  const auto [loss, gradient] = loss_and_gradient(Tensor::full({3, 10}, 7), {0, 4, 9});
  CHECK(loss == doctest::Approx(std::log(10.0)).epsilon(1e-6));
}

TEST_CASE("softmax by hand, and its rows add up to 1") {
  const Tensor z = numbers({2, 3}, {0, std::log(2.0), std::log(5.0), 1, 1, 1});
  const Tensor p = softmax(z);
  CHECK(mismatch(p, numbers({2, 3}, {0.125, 0.25, 0.625, 1.0 / 3, 1.0 / 3, 1.0 / 3})) == "");
  const Tensor q = softmax(random_tensor("z", {20, 10}, 0, 30));
  for (Index n = 0; n < 20; ++n) {
    double total = 0;
    for (Index k = 0; k < 10; ++k) total += double{at(q, {n, k})};
    CHECK(std::abs(total - 1) < kRounding);
  }
}

TEST_CASE("adding a number to all logits of a row changes nothing") {
  const Tensor z = random_tensor("z", {3, 4});
  Tensor shifted = z;
  for (Real& value : shifted.values()) value += 64;
  const Labels labels{0, 3, 1};
  const double tolerance = 64 * kRounding;  // what the sums with 64 lose
  const auto plain = loss_and_gradient(z, labels), moved = loss_and_gradient(shifted, labels);
  CHECK(std::abs(double{plain.loss} - double{moved.loss}) < tolerance);
  CHECK(mismatch(moved.gradient, plain.gradient, tolerance) == "");
}

// ---- Stability ----

TEST_CASE("logits of ±10000 give finite losses and gradients") {
  const Tensor z({1, 2}, {10'000, -10'000});
  const auto right = loss_and_gradient(z, {0}), wrong = loss_and_gradient(z, {1});
  CHECK(right.loss == 0);
  CHECK(mismatch(right.gradient, Tensor({1, 2}, {0, 0})) == "");
  CHECK(wrong.loss == 20'000);
  CHECK(mismatch(wrong.gradient, Tensor({1, 2}, {1, -1})) == "");
  CHECK(mismatch(softmax(z), Tensor({1, 2}, {1, 0})) == "");
  CHECK(all_finite(softmax(Tensor({1, 3}, {-10'000, -10'000, -10'000}))));
}

TEST_CASE("a NaN among the logits makes the loss NaN, wherever it stands") {
  for (const Index at : {0, 1, 2}) {
    Tensor z = Tensor::zeros({1, 3});
    z[at] = kNan;
    CAPTURE(at);
    CHECK(std::isnan(softmax_cross_entropy(z, Labels{0}).item()));
  }
}

// ---- Gradients ----

TEST_CASE("gradients of the cross-entropy" * double_only()) {
  const Labels labels{4, 0, 2};
  const auto loss = [&](const std::vector<Var>& v) { return softmax_cross_entropy(v[0], labels); };
  CHECK(wrong_gradients(loss, {random_tensor("z", {3, 5}, 0, 2)}) == "");
}

TEST_CASE("the loss scales its gradient with what comes back to it" * double_only()) {
  const Labels labels{4, 0, 2};
  const auto loss = [&](const std::vector<Var>& v) {
    const Var once = softmax_cross_entropy(v[0], labels);
    return v[0].tape().record("cube", {once},
                              Tensor::scalar(std::pow(once.value().item(), Real(3))),
                              [=](const Tensor&, Tensor dy) {
                                const Real l = once.value().item();
                                dy[0] *= 3 * l * l;
                                once.add_gradient(std::move(dy));
                              });
  };
  CHECK(wrong_gradients(loss, {random_tensor("z", {3, 5}, 0, 2)}) == "");
}

TEST_CASE("the labels may be gone when backward runs") {
  Tape tape;
  const Var z = tape.variable(Tensor::zeros({1, 2}));
  Labels labels{1};
  const Var loss = softmax_cross_entropy(z, labels);
  labels[0] = 0;
  tape.backward(loss);
  CHECK(mismatch(z.gradient(), Tensor({1, 2}, {0.5, -0.5})) == "");
}

TEST_CASE("the loss has the same bits on the tape and without it") {
  Tape tape;
  const Tensor z = random_tensor("z", {20, 10}, 0, 3);
  const Labels labels(20, 7);
  CHECK(different_bits(softmax_cross_entropy(tape.variable(z), labels).value(),
                       softmax_cross_entropy(z, labels)) == "");
}

// ---- Counting ----

TEST_CASE("count_correct counts the rows whose label has the largest logit") {
  const Tensor z({3, 3}, {1, 5, 2, 9, 0, 3, -3, -2, -1});
  CHECK(count_correct(z, Labels{1, 0, 2}) == 3);
  CHECK(count_correct(z, Labels{1, 1, 2}) == 2);
  CHECK(count_correct(z, Labels{0, 1, 0}) == 0);
}

TEST_CASE("of equal logits the first counts, and a row with a NaN is never correct") {
  CHECK(count_correct(Tensor::zeros({2, 3}), Labels{0, 1}) == 1);
  CHECK(count_correct(Tensor({1, 2}, {kNan, 0}), Labels{0}) == 0);
  CHECK(count_correct(Tensor({1, 2}, {0, kNan}), Labels{0}) == 0);
}

// ---- Errors ----

TEST_CASE("logits and labels must fit together") {
  const Tensor z = Tensor::zeros({2, 3});
  CHECK(error_lacks({"[softmax_cross_entropy] needs logits (N, K) and N labels: logits are (2, "
                     "3), there are 3 labels"},
                    [&] {
                      softmax_cross_entropy(z, Labels{0, 1, 2});
                    }) == "");
  CHECK(error_lacks({"logits are (6)"},
                    [&] { softmax_cross_entropy(z.reshaped({6}), Labels(6)); }) == "");
  CHECK(error_lacks({"logits are (0, 3), there are 0 labels"}, [] {
          softmax_cross_entropy(Tensor::zeros({0, 3}), Labels{});
        }) == "");
  CHECK(error_lacks({"logits are (2, 3), there are 1 labels"},
                    [&] { count_correct(z, Labels{0}); }) == "");
}

TEST_CASE("no classes have no probabilities") {
  CHECK(error_lacks({"[softmax] needs at least one class: logits are (2, 0)"}, [] {
          softmax(Tensor::zeros({2, 0}));
        }) == "");
}

TEST_CASE("a label that is not a class is named with its place") {
  const Tensor z = Tensor::zeros({2, 3});
  CHECK(error_lacks({"[softmax_cross_entropy] label 3 of example 1 is not one of the 3 classes"},
                    [&] {
                      softmax_cross_entropy(z, Labels{0, 3});
                    }) == "");
  CHECK(error_lacks({"label -1 of example 0"}, [&] {
          softmax_cross_entropy(z, Labels{-1, 0});
        }) == "");
}

}  // namespace minitape
