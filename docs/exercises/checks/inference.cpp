// Three rows and statistics that are not theirs.
#include "check.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "ops/loops.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

constexpr double kEpsilon = 0.5;
const Tensor kX({3, 2}, {1, 4, 3, 8, 8, 3}), kDy({3, 2}, {1, 2, -1, 1, 3, -2});
const Tensor kGamma({2}, {3, -2}), kBeta({2}, {10, 100});
const Tensor kMean({2}, {2, 6}), kVariance({2}, {3.5, 8.5});
const Tensor kBatchMean({2}, {4, 5}), kBatchVariance({2}, {26.0 / 3, 14.0 / 3});

double root(double v) { return std::sqrt(v + kEpsilon); }

Tensor by(const std::function<double(Index i, Index c)>& f) {
  Tensor y = kX;
  for (Index i = 0; i < y.size(); ++i) y[i] = f(i, i % 2);
  return y;
}
Tensor sums_by(const std::function<double(Index i, Index c)>& f) {
  return channel_tensor(sum_of_rows(kX.rows(), kX.channels(), f));
}

Check check(const std::string& title) {
  return Check(title)
      .given("x", kX)
      .given("the statistics' mean", kMean)
      .given("the statistics' variance", kVariance)
      .given("gamma", kGamma)
      .given("beta = 10 and 100, ε = 0.5");
}

void check_forward() {
  const Tensor y = by([](Index i, Index c) {
    return kGamma[c] * (kX[i] - kMean[c]) / root(kVariance[c]) + kBeta[c];
  });
  check("forward")
      .mistake("the statistics of the batch in place of the given ones",
               "that normalizes x with its own mean and variance, as training does: a prediction "
               "would depend on who else is in the batch.",
               by([](Index i, Index c) {
                 return kGamma[c] * (kX[i] - kBatchMean[c]) / root(kBatchVariance[c]) + kBeta[c];
               }))
      .mistake("gamma is forgotten", "that is x_hat + beta.", by([](Index i, Index c) {
                 return (kX[i] - kMean[c]) / root(kVariance[c]) + kBeta[c];
               }))
      .mistake("beta is forgotten", "that is gamma·x_hat.",
               by([&](Index i, Index c) { return y[i] - kBeta[c]; }))
      .mistake("ε is forgotten", "that divides by √variance.", by([](Index i, Index c) {
                 return kGamma[c] * (kX[i] - kMean[c]) / std::sqrt(kVariance[c]) + kBeta[c];
               }))
      .mistake("ε outside the root", "that divides by √variance + ε.", by([](Index i, Index c) {
                 return kGamma[c] * (kX[i] - kMean[c]) / (std::sqrt(kVariance[c]) + kEpsilon) +
                        kBeta[c];
               }))
      .mistake("the variance is taken for 1/√(variance + ε)", "that multiplies by the variance.",
               by([](Index i, Index c) {
                 return kGamma[c] * (kX[i] - kMean[c]) * kVariance[c] + kBeta[c];
               }))
      .expect(
          "y",
          [] {
            return batch_norm_inference(kX, kGamma, kBeta, {kMean, kVariance}, kEpsilon);
          },
          y);
}

void check_backward() {
  Tape tape;
  const Var x = tape.variable(kX), gamma = tape.variable(kGamma), beta = tape.variable(kBeta);
  const auto backward_check = [](const std::string& title) {
    return check(title).given("dy", kDy);
  };
  const auto x_hat = [](Index i, Index c) { return (kX[i] - kMean[c]) / root(kVariance[c]); };
  const auto inv_std = [](Index c) { return 1 / root(kVariance[c]); };
  const Tensor dbeta = sums_by([](Index i, Index) { return kDy[i]; });
  const Tensor dgamma = sums_by([&](Index i, Index c) { return kDy[i] * x_hat(i, c); });

  backward_check("backward: the gradient of x")
      .mistake("x gets no gradient", "x.add_gradient(…) was not called.", kNothing)
      .mistake("the training formula",
               "that subtracts dbeta/m and x_hat·dgamma/m, which are there because the statistics "
               "depend on x. Here they are constants.",
               by([&](Index i, Index c) {
                 return kGamma[c] * inv_std(c) *
                        (kDy[i] - dbeta[c] / 3 - x_hat(i, c) * dgamma[c] / 3);
               }))
      .mistake("gamma is forgotten", "that is inv_std·dy.",
               by([&](Index i, Index c) { return inv_std(c) * kDy[i]; }))
      .mistake("inv_std is forgotten", "that is gamma·dy.",
               by([](Index i, Index c) { return kGamma[c] * kDy[i]; }))
      .expect(
          "dx = gamma·inv_std·dy",
          [&] {
            const Var y = batch_norm_inference(x, gamma, beta, {kMean, kVariance}, kEpsilon);
            tape.backward(sum(y * tape.constant(kDy)));
            return gradient_of(x);
          },
          by([&](Index i, Index c) { return kGamma[c] * inv_std(c) * kDy[i]; }));
  backward_check("backward: the gradient of gamma")
      .mistake("gamma gets no gradient", "gamma.add_gradient(…) was not called.", kNothing)
      .mistake(
          "x_hat with the statistics of the batch",
          "that is Σ dy·x_hat with x's own mean and variance, not those it was normalized with.",
          sums_by([](Index i, Index c) {
            return kDy[i] * (kX[i] - kBatchMean[c]) / root(kBatchVariance[c]);
          }))
      .expect(
          "dgamma = Σ dy·x_hat", [&] { return gradient_of(gamma); }, dgamma);
  backward_check("backward: the gradient of beta")
      .mistake("beta gets no gradient", "beta.add_gradient(…) was not called.", kNothing)
      .expect(
          "dbeta = Σ dy", [&] { return gradient_of(beta); }, dbeta);
}

}  // namespace

int main() {
  return run([] {
    check_forward();
    check_backward();
  });
}
