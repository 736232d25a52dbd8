// Statistics, ε and the normalization, each by itself on a few numbers.
#include <limits>

#include "check.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "ops/loops.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

const Tensor kX({4, 2}, {1, 10, 2, 10, 6, 40, 3, 20});  // columns 1 2 6 3 and 10 10 40 20

void check_statistics() {
  const Tensor mean({2}, {3, 20}), variance({2}, {3.5, 150});
  Check("the mean of each column")
      .given("x", kX)
      .mistake("the sum is not divided", "that is Σ x.", Tensor({2}, {12, 80}))
      .mistake(
          "rows and columns are mixed up",
          "that is the mean of the first four numbers in memory, and of the last four. Element "
          "i lies in column i % C.",
          Tensor({2}, {5.75, 17.25}))
      .expect(
          "mean", [] { return batch_statistics(kX).mean; }, mean);
  Check("the variance of each column")
      .given("x", kX)
      .mistake("n − 1 for n",
               "that is Σ(x − mean)²/(m − 1). The batch is normalized with 1/m, the biased "
               "variance.",
               Tensor({2}, {14.0 / 3, 200}))
      .mistake("the standard deviation for the variance", "that is its root.",
               map(variance, [](double v) { return std::sqrt(v); }))
      .mistake("the sum is not divided", "that is Σ(x − mean)².", Tensor({2}, {14, 600}))
      .mistake("the mean is not subtracted", "that is Σ x²/m.", Tensor({2}, {12.5, 550}))
      .expect(
          "variance", [] { return batch_statistics(kX).variance; }, variance);

  const Tensor images({2, 2, 2, 1}, {1, 2, 3, 4, 5, 7, 9, 17});
  Check("images, two of 2×2 pixels with one channel: the mean")
      .given("x", images)
      .mistake("divided by N in place of N·H·W",
               "a channel has N·H·W numbers, and m counts them all: x.rows().", Tensor({1}, {24}))
      .expect(
          "mean", [&] { return batch_statistics(images).mean; }, Tensor({1}, {6}));
  Check("images, two of 2×2 pixels with one channel: the variance")
      .given("x", images)
      .mistake("divided by N in place of N·H·W",
               "a channel has N·H·W numbers, and m counts them all: x.rows().", Tensor({1}, {93}))
      .expect(
          "variance", [&] { return batch_statistics(images).variance; }, Tensor({1}, {23.25}));

  const Tensor large({3, 1}, {1e8, 1e8 + 1, 1e8 + 2});
  Check("numbers that are large beside their differences")
      .given("x", large)
      .mistake("E[x²] − E[x]² in place of Σ(x − mean)²/m",
               "the two large numbers share all their digits. Subtract the mean first, then take "
               "squares.",
               [](const Tensor& got) { return !is_near(got[0], 2.0 / 3, 1e-3); })
      .expect(
          "variance", [&] { return batch_statistics(large).variance; }, Tensor({1}, {2.0 / 3}),
          1e-6);
}

void check_inverse_std() {
  const Tensor variance({3}, {4, 0.25, 0});
  const double epsilon = 0.5;
  Check("inverse_std")
      .given("variance", variance)
      .given("ε = 0.5")
      .mistake("ε outside the root", "that is 1/(√variance + ε). ε is added to the variance.",
               map(variance, [&](double v) { return 1 / (std::sqrt(v) + epsilon); }))
      .mistake("ε is forgotten", "that is 1/√variance, and a constant column divides by 0.",
               map(variance, [](double v) { return 1 / std::sqrt(v); }))
      .mistake("the root is not inverted", "that is √(variance + ε).",
               map(variance, [&](double v) { return std::sqrt(v + epsilon); }))
      .mistake("the root is forgotten", "that is 1/(variance + ε).",
               map(variance, [&](double v) { return 1 / (v + epsilon); }))
      .expect(
          "inv_std", [&] { return inverse_std(variance, epsilon); },
          map(variance, [&](double v) { return 1 / std::sqrt(v + epsilon); }));
  const double infinity = std::numeric_limits<double>::infinity();
  Check("inverse_std of an infinite variance")
      .given("variance", Tensor({1}, {infinity}))
      .mistake("an infinite variance gives 0",
               "every output would be beta, and nobody would see that training has diverged. Give "
               "NaN.",
               Tensor({1}, {0}))
      .expect(
          "inv_std", [&] { return inverse_std(Tensor({1}, {infinity}), epsilon); },
          Tensor({1}, {std::numeric_limits<double>::quiet_NaN()}));
}

void check_normalize() {
  // normalize is called with scale = gamma·inv_std, here 3/√(3.5 + 0.5) and -6/√(8.5 + 0.5).
  const Tensor x({3, 2}, {1, 4, 3, 8, 6, 1}), mean({2}, {2, 5}), variance({2}, {3.5, 8.5});
  const Tensor gamma({2}, {3, -6}), beta({2}, {10, 100}), scale({2}, {1.5, -2});
  const auto y_by = [&](const std::function<double(double x, Index c)>& f) {
    Tensor y = x;
    for (Index i = 0; i < x.size(); ++i) y[i] = f(x[i], i % 2);
    return y;
  };
  Check("normalize")
      .given("x", x)
      .given("mean", mean)
      .given("scale", scale)
      .given("beta", beta)
      .mistake("beta is forgotten", "that is (x − mean)·scale.",
               y_by([&](double v, Index c) { return (v - mean[c]) * scale[c]; }))
      .mistake("the mean is not subtracted", "that is x·scale + beta.",
               y_by([&](double v, Index c) { return v * scale[c] + beta[c]; }))
      .mistake("the scale is forgotten",
               "that is x − mean + beta. scale is gamma/√(variance + ε), both in one number.",
               y_by([&](double v, Index c) { return v - mean[c] + beta[c]; }))
      .mistake("beta is scaled too", "that is (x − mean + beta)·scale.",
               y_by([&](double v, Index c) { return (v - mean[c] + beta[c]) * scale[c]; }))
      .mistake("the mean is subtracted after scaling", "that is x·scale − mean + beta.",
               y_by([&](double v, Index c) { return v * scale[c] - mean[c] + beta[c]; }))
      .expect(
          "y",
          [&] {
            return batch_norm_inference(x, gamma, beta, {mean, variance}, 0.5);
          },
          y_by([&](double v, Index c) { return (v - mean[c]) * scale[c] + beta[c]; }));
}

void check_all_of_it() {
  Tape tape;
  const Var x = tape.variable(kX), gamma = tape.variable(Tensor({2}, {2, -1}));
  const Var beta = tape.variable(Tensor({2}, {5, 7}));
  Check("all of it: batch_norm_training")
      .given("x", kX)
      .given("gamma = 2 and -1, beta = 5 and 7, ε = 0.5.")
      .expect(
          "y", [&] { return batch_norm_training(x, gamma, beta, 0.5).y.value(); },
          Tensor({4, 2}, {5 + 2 * -2 / 2.0, 7 + 10 / std::sqrt(150.5),  //
                          5 + 2 * -1 / 2.0, 7 + 10 / std::sqrt(150.5),  //
                          5 + 2 * 3 / 2.0, 7 - 20 / std::sqrt(150.5),   //
                          5, 7}));
}

}  // namespace

int main() {
  return run([] {
    check_statistics();
    check_inverse_std();
    check_normalize();
    check_all_of_it();
  });
}
