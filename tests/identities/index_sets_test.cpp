// Batch norm over other sets of numbers (norms/index_sets.hpp): what the sets are, shown by other
// ways to normalize them, forward and backward. relatives_test.cpp says what such sets have in
// common on paper; here the library's own functions are asked.

#include <functional>

#include "identities/pass.hpp"
#include "minitape/norms/index_sets.hpp"

namespace minitape {
namespace {

constexpr double kNormEpsilon = 1e-3;

struct Result {
  Tensor y, dx, dgamma, dbeta;
};
using Norm = std::function<Var(Var x, Var gamma, Var beta)>;

Result result_of(const Norm& norm, const Tensor& x, const Tensor& dy) {
  Tape tape;
  const Var vx = tape.variable(x), gamma = tape.variable(gamma_of(x.channels()));
  const Var beta = tape.variable(beta_of(x.channels()));
  const Var y = norm(vx, gamma, beta);
  Result result{.y = y.value()};
  tape.backward(sum(y * tape.constant(dy)));
  result.dx = vx.gradient();
  result.dgamma = gamma.gradient();
  result.dbeta = beta.gradient();
  return result;
}

/// "" when both are equal to rounding.
std::string unlike(const Result& a, const Result& b) {
  const auto compare = [](const char* what, const Tensor& u, const Tensor& v) {
    const std::string text = mismatch(u, v, kExact);
    return text.empty() ? "" : concat(what, ": ", text);
  };
  return compare("y", a.y, b.y) + compare("dx", a.dx, b.dx) +
         compare("dgamma", a.dgamma, b.dgamma) + compare("dbeta", a.dbeta, b.dbeta);
}

Norm with_groups(Index groups) {
  return
      [=](Var x, Var gamma, Var beta) { return group_norm(x, gamma, beta, kNormEpsilon, groups); };
}
Norm with_parts(Index parts) {
  return [=](Var x, Var gamma, Var beta) {
    return ghost_batch_norm(x, gamma, beta, kNormEpsilon, parts).y;
  };
}
Var plain(Var x, Var gamma, Var beta) {
  return batch_norm_training(x, gamma, beta, kNormEpsilon).y;
}

// Every image and every channel has a place and a size of its own, so that no two sets look alike.
Tensor images(const Shape& shape) {
  Tensor x = random_tensor("x", shape, 5, 3);
  const Index example = x.size() / shape[0];
  for (Index i = 0; i < x.size(); ++i) {
    const auto n = static_cast<double>(i / example), c = static_cast<double>(i % x.channels());
    x[i] = x[i] * (1 + n + c / 4) + 4 * n + 2 * c;
  }
  return x;
}
Tensor upstream(const Shape& shape) { return random_tensor("dy", shape, 0.5); }

// Images [first, first + count) of x.
Tensor some_images(const Tensor& x, Index first, Index count) {
  Tensor part = Tensor::uninitialized(x.shape().without_batch().with_batch(count));
  std::copy_n(x.data() + first * part.size() / count, part.size(), part.data());
  return part;
}

// The norm on every `count` images for themselves, put together: gradients of gamma and beta add up.
Result by_parts(const Norm& norm, const Tensor& x, const Tensor& dy, Index count) {
  Result all{x, x, Tensor::zeros({x.channels()}), Tensor::zeros({x.channels()})};
  for (Index n = 0; n < x.shape()[0]; n += count) {
    const Result part = result_of(norm, some_images(x, n, count), some_images(dy, n, count));
    std::copy_n(part.y.data(), part.y.size(), all.y.data() + n * part.y.size() / count);
    std::copy_n(part.dx.data(), part.dx.size(), all.dx.data() + n * part.dx.size() / count);
    all.dgamma.add(part.dgamma);
    all.dbeta.add(part.dbeta);
  }
  return all;
}

// ---- Group norm once more, line by line from the tape's arithmetic ----

// 1/√(v + ε), the one operation that the arithmetic lacks: dv = −y³·dy/2.
Var inverse_sqrt(Var v) {
  Tensor y = v.value();
  for (Real& value : y.values()) value = 1 / std::sqrt(value + kNormEpsilon);
  return v.tape().record("inverse_sqrt", {v}, y, [=](const Tensor& result, Tensor dy) {
    for (Index i = 0; i < dy.size(); ++i) dy[i] *= -result[i] * result[i] * result[i] / 2;
    v.add_gradient(std::move(dy));
  });
}

// [rows, columns] with 1 where is_one(row, column), else 0.
Tensor matrix(Index rows, Index columns, const std::function<bool(Index, Index)>& is_one) {
  Tensor m = Tensor::uninitialized({rows, columns});
  for (Index i = 0; i < m.size(); ++i) m[i] = is_one(i / columns, i % columns) ? 1 : 0;
  return m;
}

// An image is a row of F = H·W·C numbers, of which number f has channel f mod C. The mean over a
// group is a product with a matrix that has 1 / (numbers in a group) where two numbers share one.
Norm composed(Index groups) {
  return [=](Var input, Var gamma, Var beta) {
    Tape& tape = input.tape();
    const Index n = input.shape()[0], features = input.value().size() / n;
    const Index channels = input.value().channels();
    const auto group = [=](Index f) { return f % channels / (channels / groups); };
    const Var averages =
        scale(tape.constant(matrix(features, features,
                                   [&](Index a, Index b) { return group(a) == group(b); })),
              static_cast<double>(groups) / static_cast<double>(features));
    const Var of_channel = tape.constant(
        matrix(channels, features, [&](Index c, Index f) { return f % channels == c; }));
    const Var ones = tape.constant(Tensor::full({n, 1}, 1));
    const auto spread = [&](Var v) {  // (C) -> [N, F]
      return matmul(ones, matmul(reshape(v, {1, channels}), of_channel));
    };
    const Var x = reshape(input, {n, features});
    const Var centred = x - matmul(x, averages);
    const Var x_hat = centred * inverse_sqrt(matmul(centred * centred, averages));
    return reshape(spread(gamma) * x_hat + spread(beta), input.shape());
  };
}

}  // namespace

TEST_SUITE_BEGIN("identities");

TEST_CASE("21: group norm with one group is layer norm, composed from the tape's arithmetic") {
  for (const Shape& shape : {Shape{4, 5, 3, 6}, Shape{4, 6}, Shape{1, 2, 2, 3}}) {
    CAPTURE(shape);
    const Tensor x = images(shape), dy = upstream(shape);
    CHECK(unlike(result_of(with_groups(1), x, dy), result_of(composed(1), x, dy)) == "");
  }
}

TEST_CASE("21: and so with more groups, which are neighbouring channels") {
  for (const Index groups : {2, 3, 6}) {
    CAPTURE(groups);
    const Tensor x = images({4, 5, 3, 6}), dy = upstream(x.shape());
    CHECK(unlike(result_of(with_groups(groups), x, dy), result_of(composed(groups), x, dy)) == "");
    CHECK(unlike(result_of(with_groups(groups), x, dy), result_of(composed(1), x, dy)) != "");
  }
  const Tensor rows = images({4, 6}), dy = upstream({4, 6});  // dense: two values in each group
  CHECK(unlike(result_of(with_groups(3), rows, dy), result_of(composed(3), rows, dy)) == "");
}

TEST_CASE("21: group norm with C groups is instance norm: batch norm of each image by itself") {
  const Tensor x = images({4, 5, 3, 6}), dy = upstream(x.shape());
  CHECK(unlike(result_of(with_groups(6), x, dy), by_parts(plain, x, dy, 1)) == "");
  CHECK(unlike(result_of(with_groups(6), x, dy), by_parts(plain, x, dy, 2)) != "");
}

TEST_CASE("21: group norm of a batch is that of its images, put together") {
  const Tensor x = images({4, 5, 3, 6}), dy = upstream(x.shape());
  for (const Index groups : {1, 2, 6}) {
    CAPTURE(groups);
    const Norm norm = with_groups(groups);
    CHECK(unlike(result_of(norm, x, dy), by_parts(norm, x, dy, 1)) == "");
  }
}

TEST_CASE("22: K ghost batches are K batch norms, put together") {
  for (const Shape& shape : {Shape{6, 5, 3, 2}, Shape{12, 5}}) {
    CAPTURE(shape);
    const Tensor x = images(shape), dy = upstream(shape);
    for (const Index parts : {2, 3}) {
      CAPTURE(parts);
      const Result ghost = result_of(with_parts(parts), x, dy);
      CHECK(unlike(ghost, by_parts(plain, x, dy, shape[0] / parts)) == "");
      CHECK(unlike(ghost, result_of(plain, x, dy)) != "");
    }
  }
}

TEST_CASE("22: ghost batches of one image are instance norm") {
  const Tensor x = images({4, 5, 3, 6}), dy = upstream(x.shape());
  CHECK(unlike(result_of(with_parts(4), x, dy), result_of(with_groups(6), x, dy)) == "");
}

TEST_CASE("22: one ghost batch is batch norm, bit for bit") {
  const Tensor x = images({4, 5, 3, 6}), dy = upstream(x.shape());
  const Result one = result_of(with_parts(1), x, dy), all = result_of(plain, x, dy);
  CHECK(different_bits(one.y, all.y) == "");
  CHECK(different_bits(one.dx, all.dx) == "");
  CHECK(different_bits(one.dgamma, all.dgamma) == "");
  CHECK(different_bits(one.dbeta, all.dbeta) == "");
}

TEST_CASE("23: gamma and beta belong to channels, whatever is normalized together") {
  const Tensor x = images({6, 5, 3, 4}), gamma = gamma_of(4), beta = beta_of(4);
  for (const Norm& norm : {with_groups(1), with_groups(2), with_parts(2), with_parts(3)}) {
    Tape tape;
    const auto channels = [&](Real value) { return tape.constant(Tensor::full({4}, value)); };
    const Tensor x_hat = norm(tape.constant(x), channels(1), channels(0)).value();
    Tensor expected = x_hat;
    for (Index i = 0; i < x.size(); ++i) expected[i] = gamma[i % 4] * x_hat[i] + beta[i % 4];
    const Tensor y = norm(tape.constant(x), tape.constant(gamma), tape.constant(beta)).value();
    CHECK(mismatch(y, expected, kExact) == "");
  }
}

TEST_SUITE_END();

}  // namespace minitape
