// The axes that change places, what is refused, and that nothing depends on the threads. That the
// sets are the right ones: identities/index_sets_test.cpp.
#include "minitape/norms/index_sets.hpp"

#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "ops/batch_norm_reference.hpp"

namespace minitape {
namespace {

constexpr Real kEpsilon = Real(1e-3);

// Both functions on x, with gamma 1 and beta 0 for each of its channels unless said otherwise.
BatchNormResult ghost(Var x, Index parts) {
  const Shape channels{x.value().channels()};
  return ghost_batch_norm(x, x.tape().constant(Tensor::full(channels, 1)),
                          x.tape().constant(Tensor::zeros(channels)), kEpsilon, parts);
}
Var group(Var x, Index groups) {
  const Shape channels{x.value().channels()};
  return group_norm(x, x.tape().constant(Tensor::full(channels, 1)),
                    x.tape().constant(Tensor::zeros(channels)), kEpsilon, groups);
}

}  // namespace

// ---- Axes ----

TEST_CASE("swap_axes: [outer, a, b, inner] -> [outer, b, a, inner]") {
  Tape tape;
  const Tensor x = random_tensor("x", {2, 3, 4, 5});
  const Var y = swap_axes(tape.variable(x), 3, 4, 5, {8, 15});
  CHECK(y.shape() == Shape{8, 15});
  const Tensor as_axes = y.value().reshaped({2, 4, 3, 5});
  for (Index o = 0; o < 2; ++o)
    for (Index a = 0; a < 3; ++a)
      for (Index b = 0; b < 4; ++b)
        for (Index i = 0; i < 5; ++i) CHECK(at(as_axes, {o, b, a, i}) == at(x, {o, a, b, i}));
}

TEST_CASE("swap_axes: the gradient goes back to where its number came from") {
  Tape tape;
  const Tensor values = random_tensor("x", {2, 3, 4, 5});
  const Var x = tape.variable(values);
  const Var y = swap_axes(x, 3, 4, 5, {2, 4, 3, 5});
  tape.backward(sum(y * tape.constant(y.value())));  // the gradient of every y is y itself
  CHECK(different_bits(x.gradient(), values) == "");
}

TEST_CASE("swap_axes: the same for more rows than one chunk of work has") {
  const Index rows = kElementGrain + 3;
  const Tensor x = random_tensor("x", {rows, 2});
  Tape tape;
  const Tensor y = swap_axes(tape.variable(x), rows, 2, 1, {2, rows}).value();
  Index wrong = 0;
  for (Index r = 0; r < rows; ++r) wrong += y[r] != x[2 * r] || y[rows + r] != x[2 * r + 1];
  CHECK(wrong == 0);
}

// ---- Statistics ----

TEST_CASE("ghost batches: the statistics are the means over the parts") {
  // Two channels. Parts of the first: (1, 3) with mean 2, variance 1, and (4, 8) with 6 and 4. Of
  // the second: (0, 2) with 1 and 1, and (5, 5) with 5 and 0.
  Tape tape;
  const Var x = tape.variable(Tensor({4, 2}, {1, 0, 3, 2, 4, 5, 8, 5}));
  const BatchNormResult result = ghost(x, 2);
  CHECK(mismatch(result.batch.mean, numbers({2}, {4, 3})) == "");
  CHECK(mismatch(result.batch.variance, numbers({2}, {2.5, 0.5})) == "");
  // Neighbours in a part are normalized with each other, not with those of another part.
  CHECK(double{result.y.value()[0]} == doctest::Approx(-1 / std::sqrt(1.001)));
  CHECK(double{result.y.value()[4]} == doctest::Approx(-2 / std::sqrt(4.001)));
  CHECK(double{result.y.value()[7]} == 0);
}

// ---- Gradients and threads ----

TEST_CASE("ghost batches and group norm have right gradients" * double_only()) {
  const std::vector<Tensor> inputs{random_tensor("x", {4, 3, 2, 6}, 2, 3), gamma_of(6), beta_of(6)};
  for (const Index parts : {1, 2, 4}) {
    CAPTURE(parts);
    CHECK(wrong_gradients(
              [=](const std::vector<Var>& v) {
                return ghost_batch_norm(v[0], v[1], v[2], kEpsilon, parts).y;
              },
              inputs) == "");
  }
  for (const Index groups : {1, 2, 3, 6}) {
    CAPTURE(groups);
    CHECK(wrong_gradients(
              [=](const std::vector<Var>& v) {
                return group_norm(v[0], v[1], v[2], kEpsilon, groups);
              },
              inputs) == "");
  }
}

TEST_CASE("ghost batches and group norm have the same bits for any number of threads") {
  const Tensor x = random_tensor("x", {32, 16, 16, 8}, 1, 2), dy = random_tensor("dy", x.shape());
  CHECK(depends_on_threads([&] {
          Tape tape;
          const Var v = tape.variable(x);
          const Var y = group(ghost(v, 4).y, 2);
          const Tensor forward = y.value();
          tape.backward(sum(y * tape.constant(dy)));
          return std::vector<Tensor>{forward, v.gradient()};
        }) == "");
}

// ---- Refused ----

TEST_CASE("ghost batches: what cannot be split") {
  Tape tape;
  const Var x = tape.variable(random_tensor("x", {6, 2, 2, 4}));
  const auto text = [&](const Var& v, Index parts) {
    try {
      ghost(v, parts);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(text(x, 4) ==
        "[batch_norm] the batch must split into 4 ghost batches of equal size: x is (6, 2, 2, 4)");
  CHECK(text(x, 0) ==
        "[batch_norm] the batch must split into 0 ghost batches of equal size: x is (6, 2, 2, 4)");
  CHECK(text(x, 6) == "accepted");
  const Var rows = tape.variable(random_tensor("rows", {6, 4}));
  CHECK(text(rows, 3) == "accepted");
  CHECK(text(rows, 6) ==
        "[batch_norm] a ghost batch needs more than one value per channel: x is (6, 4), in 6 "
        "parts");
}

TEST_CASE("group norm: what cannot be split") {
  Tape tape;
  const Var x = tape.variable(random_tensor("x", {6, 2, 2, 4}));
  const auto text = [&](const Var& v, Index groups) {
    try {
      group(v, groups);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(text(x, 3) ==
        "[group_norm] the channels must split into 3 groups of equal size: x is (6, 2, 2, 4)");
  CHECK(text(x, 0) ==
        "[group_norm] the channels must split into 0 groups of equal size: x is (6, 2, 2, 4)");
  CHECK(text(x, 4) == "accepted");
  const Var rows = tape.variable(random_tensor("rows", {6, 4}));
  CHECK(text(rows, 2) == "accepted");
  CHECK(text(rows, 4) ==
        "[group_norm] a group needs more than one value: x is (6, 4), with 4 groups");
}

}  // namespace minitape
