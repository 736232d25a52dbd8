// Identities of the weights in front of batch norm. Column k of the kernel feeds channel k, and
// batch norm divides its length out again: only its direction matters. So the gradient stands
// perpendicular to it (03), shrinks as it grows (04), and every step of SGD makes it longer until
// weight decay holds it (05).

#include "identities/pass.hpp"
#include "minitape/ops/conv2d.hpp"
#include "minitape/ops/dense.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/optim/sgd.hpp"

namespace minitape {
namespace {

// A dense layer on 7 examples and a convolution of 3 images, both with 3 outputs.
struct Front {
  Shape x, kernel;
  Var operator()(Var input, Var w) const {
    return x.rank() == 2 ? dense(input, w, std::nullopt)
                         : conv2d(input, w, std::nullopt, {1, Padding::same()});
  }
};
const Front kDense{{7, 5}, {5, 3}}, kConv{{3, 5, 4, 2}, {3, 2, 2, 3}};

// Batch norm behind `front`, then a classifier's loss with the channels as logits, one label for
// every row.
struct LossAndGradient {
  double loss;
  Tensor dw, dgamma;
  BatchStatistics batch;
};
LossAndGradient classify(const Front& front, const Tensor& kernel, double epsilon) {
  Tape tape;
  const Var w = tape.variable(kernel), gamma = tape.variable(gamma_of(3));
  const Var beta = tape.variable(beta_of(3));
  const Var z = front(tape.constant(random_tensor("x", front.x, 5, 3)), w);
  const BatchNormResult result = batch_norm_training(z, gamma, beta, epsilon);
  const Index rows = z.value().rows();
  std::vector<int> labels;
  for (Index i = 0; i < rows; ++i) labels.push_back(static_cast<int>(i * i % 3));
  const Var loss = softmax_cross_entropy(reshape(result.y, {rows, 3}), labels);
  const double value = loss.value().item();
  tape.backward(loss);
  return {value, w.gradient(), gamma.gradient(), result.batch};
}

Tensor times(Tensor x, double factor) {
  for (Real& value : x.values()) value *= factor;
  return x;
}

double squared_norm(const Tensor& x) {
  double sum = 0;
  for (const Real value : x.values()) sum += value * value;
  return sum;
}

}  // namespace

TEST_SUITE_BEGIN("identities");

TEST_CASE("03: w·dw = gamma·dgamma·ε/(v+ε) for every channel's weights w; exactly 0 for ε = 0") {
  for (const Front& front : {kDense, kConv}) {
    for (const double epsilon : {1.0, 1e-2, 1e-5, 0.0}) {
      const Tensor kernel = random_tensor("kernel", front.kernel);
      const LossAndGradient g = classify(front, kernel, epsilon);
      const Tensor gamma = gamma_of(3);
      for (Index k = 0; k < 3; ++k) {
        const Sum product = column_sum(kernel, g.dw, k);
        CHECK(differ(product.value,
                     gamma[k] * g.dgamma[k] * epsilon / (g.batch.variance[k] + epsilon),
                     product.terms) == "");
        CHECK(product.terms > 1e-3);
      }
    }
  }
}

TEST_CASE("04: for ε = 0, a·w in place of w has the same loss and 1/a of the gradient") {
  for (const Front& front : {kDense, kConv}) {
    const Tensor kernel = random_tensor("kernel", front.kernel);
    const LossAndGradient at_w = classify(front, kernel, 0);
    for (const double a : {10.0, 0.3}) {
      const LossAndGradient at_aw = classify(front, times(kernel, a), 0);
      CHECK(differ(at_aw.loss, at_w.loss, at_w.loss) == "");
      CHECK(mismatch(times(at_aw.dw, a), at_w.dw, kExact) == "");
    }
    CHECK(std::sqrt(squared_norm(at_w.dw)) > 1e-2);
  }
}

TEST_CASE("05: without decay |w|² grows by η²·|dw|² in every step of SGD, as Pythagoras has it") {
  const double rate = 0.5;
  Parameter w("kernel", Role::kernel, kDense.kernel);
  w.value = random_tensor("kernel", kDense.kernel);
  Sgd sgd({&w}, {});
  for (int step = 0; step < 20; ++step) {
    w.gradient = classify(kDense, w.value, 0).dw;
    const Tensor before = w.value, gradient = w.gradient;
    sgd.step(rate);
    for (Index k = 0; k < 3; ++k) {
      const double grown = column_sum(w.value, w.value, k).value;
      const double expected = column_sum(before, before, k).value +
                              rate * rate * column_sum(gradient, gradient, k).value;
      CHECK(differ(grown, expected, expected) == "");
      CHECK(grown > column_sum(before, before, k).value);
    }
  }
}

TEST_CASE("05: with weight decay λ the length settles where |w|⁴ = η·|g|²/(2λ), g at length 1") {
  // Each step decay takes 2ηλ|w|² from the square of the length, to first order, and the gradient
  // adds η²|g|²/|w|² (04 and 05). Taken exactly: |w|⁴ = η·|g|²/(2λ − ηλ²).
  //
  // To have a g that never tires, the loss pulls towards a direction that stays a quarter turn
  // ahead. Four points (±1, ±1) and a weight vector w in the plane: L = Σ r·y with r = X·q/4, where
  // q is w turned and of length 1, has g = q.
  const Tensor points({4, 2}, {1, 1, 1, -1, -1, 1, -1, -1});
  const double rate = 0.5, decay = 0.01;
  for (const double start : {0.2, 20.0}) {
    Parameter w("kernel", Role::kernel, {2, 1});
    w.value = Tensor({2, 1}, {0.6 * start, 0.8 * start});
    Sgd sgd({&w}, {.weight_decay = decay});
    double gradient_at_length_1 = 0;
    for (int step = 0; step < 2000; ++step) {
      const double length = std::sqrt(squared_norm(w.value));
      Tensor r = Tensor::zeros({4, 1});
      for (Index i = 0; i < 4; ++i) {
        r[i] = (points[2 * i + 1] * w.value[0] - points[2 * i] * w.value[1]) / (4 * length);
      }
      Tape tape;
      const Var z = dense(tape.constant(points), tape.parameter(w), std::nullopt);
      const Var one = tape.constant(Tensor::full({1}, 1)), none = tape.constant(Tensor::zeros({1}));
      tape.backward(sum(batch_norm_training(z, one, none, 0).y * tape.constant(r)));
      gradient_at_length_1 = length * std::sqrt(squared_norm(w.gradient));
      sgd.step(rate);
    }
    const double actual = std::pow(squared_norm(w.value), 2);
    const double square = gradient_at_length_1 * gradient_at_length_1;
    CAPTURE(start);
    CHECK(actual ==
          doctest::Approx(rate * square / (2 * decay - rate * decay * decay)).epsilon(1e-10));
    CHECK(actual == doctest::Approx(rate * square / (2 * decay)).epsilon(0.01));
    CHECK(square == doctest::Approx(1).epsilon(1e-12));
  }
}

TEST_SUITE_END();

}  // namespace minitape
