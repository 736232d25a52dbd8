// Exhibits 1 to 6: checks of gradients that a wrong gradient passes. The mistakes differ; what they
// share is a check that looks where batch norm's gradient is 0 anyway, or does not look at all.

#include "minitape/ops/dense.hpp"
#include "museum/planted.hpp"

namespace minitape {
namespace {

const std::vector<Tensor> kInputs = telling_inputs();
const Tensor kOnes = Tensor::full({3}, 1), kZeros = Tensor::zeros({3});

// A backward function that sends nothing back to x.
Var without_dx(const Inputs& v) {
  return planted(v, [](double, double, const Channel&) { return 0.0; });
}

}  // namespace

TEST_SUITE_BEGIN("museum");

TEST_CASE("museum 00: the batch norm that mistakes are planted in is right without one") {
  const Function copy = [](const Inputs& v) { return planted(v, right_dx); };
  for (const Shape& shape : {Shape{7, 3}, Shape{3, 5, 4, 2}}) {
    CHECK(wrong_gradients(copy, telling_inputs(shape)) == "");
    CHECK(error_of_dx(copy, telling_inputs(shape)) < 1e-14);
  }
}

TEST_CASE("museum 01: gradient probe of all ones") {
  // Weak: L = Σ y, which is Σ beta·m whatever x is. Differences are 0, and so is the wrong dx.
  const auto weak = [](const Function& f) { return probe(f, kInputs, sum); };
  CHECK(weak(without_dx).error < 1e-8);
  CHECK(weak(without_dx).largest < 1e-8);

  // Strong: random weights for the outputs.
  CHECK(wrong_gradients(without_dx, kInputs) != "");
  CHECK(wrong_gradients(library, kInputs) == "");
  CHECK(error_of_dx(without_dx, kInputs) == 1);  // all of it is missing
}

TEST_CASE("museum 02: gradient probe Σ y²") {
  // Weak: Σ y² is almost m for every x, because the variance of x_hat is almost 1. What is left of
  // the gradient is of the order of ε (identity 10), below the tolerances in use, 1e-5 to 1e-2.
  const auto weak = [](const Tensor& gamma, const Tensor& beta) {
    return probe(without_dx, {kInputs[0], gamma, beta}, [](Var y) { return sum(y * y); });
  };
  CHECK(weak(kOnes, kZeros).error == about(2.1e-6));
  // Another gamma and beta do not help: dy = 2·y = 2·(gamma·x_hat + beta) has parts along 1 and
  // x_hat alone, and just these are removed (identity 00).
  CHECK(weak(kInputs[1], kInputs[2]).error == about(2.8e-6));

  // Strong: random weights.
  CHECK(wrong_gradients(without_dx, {kInputs[0], kOnes, kZeros}) != "");
  CHECK(wrong_gradients(library, {kInputs[0], kOnes, kZeros}) == "");
}

TEST_CASE("museum 03: gradient check on a batch of one") {
  // The mistake: the last term has the wrong sign.
  const Function wrong = [](const Inputs& v) {
    return planted(v, [](double dy, double x_hat, const Channel& at) {
      return at.gamma * at.inv_std * (dy - at.dbeta / at.m + x_hat * at.dgamma / at.m);
    });
  };
  // Weak: with one row x_hat = 0 and dy = dbeta/m, so every term vanishes.
  CHECK(wrong_gradients(wrong, telling_inputs({1, 3})) == "");

  // Strong: a batch of seven. And a batch of one cannot be had in training.
  CHECK(wrong_gradients(wrong, kInputs) != "");
  CHECK(wrong_gradients(library, kInputs) == "");
  CHECK(error_of_dx(wrong, kInputs) == about(1.26));
  CHECK(error_lacks({"[batch_norm] training needs more than one value per channel"}, [] {
          dx_of(library, telling_inputs({1, 3}));
        }) == "");
}

TEST_CASE("museum 04: gamma left at 1 in the test") {
  // The mistake: gamma is missing in dx.
  const Function wrong = [](const Inputs& v) {
    return planted(v, [](double dy, double x_hat, const Channel& at) {
      return at.inv_std * (dy - at.dbeta / at.m - x_hat * at.dgamma / at.m);
    });
  };
  // Weak: gamma = 1 and beta = 0, as every layer starts. Even the strong check is blind then.
  CHECK(wrong_gradients(wrong, {kInputs[0], kOnes, kZeros}) == "");

  // Strong: gamma drawn at random, with both signs.
  CHECK(wrong_gradients(wrong, kInputs) != "");
  CHECK(wrong_gradients(library, kInputs) == "");
  CHECK(error_of_dx(wrong, kInputs) == about(0.64));
}

TEST_CASE("museum 05: only the parameters are checked, and none stands before batch norm") {
  // The mistake: the mean's term is missing.
  const Function wrong = [](const Inputs& v) {
    return planted(v, [](double dy, double x_hat, const Channel& at) {
      return at.gamma * at.inv_std * (dy - x_hat * at.dgamma / at.m);
    });
  };
  // Weak: gamma and beta are the network's first parameters; nobody asks for dx.
  const Function parameters_alone = [&](const Inputs& v) {
    return wrong({v[0].tape().constant(kInputs[0]), v[0], v[1]});
  };
  CHECK(wrong_gradients(parameters_alone, {kInputs[1], kInputs[2]}) == "");

  // Strong: a dense layer in front, whose kernel is reached through dx. Or dx itself.
  const auto behind_dense = [](const Function& f) {
    const Tensor x = random_tensor("images", {7, 5});
    return wrong_gradients(
        [&](const Inputs& v) {
          return f({dense(v[0].tape().constant(x), v[0], std::nullopt), v[1], v[2]});
        },
        {random_tensor("kernel", {5, 3}), kInputs[1], kInputs[2]});
  };
  CHECK(behind_dense(wrong).find("WRONG function: input 0") != std::string::npos);
  CHECK(behind_dense(library) == "");
  CHECK(wrong_gradients(wrong, kInputs) != "");
  CHECK(error_of_dx(wrong, kInputs) == about(0.77));
}

TEST_CASE("museum 06: the tolerance is loosened until the check passes") {
  // The mistake: a factor 2 is lost on the way through the variance.
  const Function wrong = [](const Inputs& v) {
    return planted(v, [](double dy, double x_hat, const Channel& at) {
      return at.gamma * at.inv_std * (dy - at.dbeta / at.m - x_hat * at.dgamma / (2 * at.m));
    });
  };
  // Weak: ten times as much until it is green.
  const auto passing_tolerance = [](const Function& f) {
    double tolerance = 1e-10;
    while (!passes(f, kInputs, tolerance)) tolerance *= 10;
    return tolerance;
  };
  CHECK(passing_tolerance(wrong) == doctest::Approx(1));

  // Strong: 1e-6 in double precision, for every tensor, with no exceptions.
  CHECK(wrong_gradients(wrong, kInputs) != "");
  CHECK(wrong_gradients(library, kInputs) == "");
  CHECK(passing_tolerance(library) < 1e-7);  // so 1e-6 leaves room enough
  CHECK(error_of_dx(wrong, kInputs) == about(0.31));
}

TEST_SUITE_END();

}  // namespace minitape
