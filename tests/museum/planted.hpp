// What the exhibits of the museum share: a batch norm to plant mistakes in, and the weak checks
// that have let them pass elsewhere.
//
// An exhibit shows a mistake (a function called wrong…), a check that it passes (weak) and a check
// that it fails (strong), which the library's own batch norm passes.
#pragma once

#include <functional>

#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "ops/batch_norm_reference.hpp"

namespace minitape {

/// x [m, C], gamma [C], beta [C]
using Inputs = std::vector<Var>;
using Function = std::function<Var(const Inputs&)>;

inline constexpr double kEpsilon = 1e-5;

/// The library's batch norm.
inline Var library(const Inputs& v) { return batch_norm_training(v[0], v[1], v[2], kEpsilon).y; }

// ---- A batch norm to plant mistakes in ----

/// What a formula for dx can be made of: the numbers of one channel.
struct Channel {
  double m;  // how many rows
  double variance, inv_std, gamma;
  double dgamma, dbeta;  // Σ dy·x_hat, Σ dy
};
using InputGradient = std::function<double(double dy, double x_hat, const Channel& at)>;

/// The right formula.
inline double right_dx(double dy, double x_hat, const Channel& at) {
  return at.gamma * at.inv_std * (dy - at.dbeta / at.m - x_hat * at.dgamma / at.m);
}

/// Batch norm with given statistics, whose dx follows the given formula. All else is right.
inline Var planted(const Inputs& v, const BatchStatistics& statistics, double epsilon,
                   const InputGradient& dx_formula) {
  const Tensor &x = v[0].value(), &gamma = v[1].value(), &beta = v[2].value();
  const Index channels = x.channels();
  Tensor x_hat = x, y = x;  // [m, C]
  for (Index i = 0; i < x.size(); ++i) {
    const Index c = i % channels;
    x_hat[i] = (x[i] - statistics.mean[c]) / std::sqrt(statistics.variance[c] + epsilon);
    y[i] = gamma[c] * x_hat[i] + beta[c];
  }
  return v[0].tape().record("planted", v, y, [=](const Tensor&, const Tensor& dy) {
    Tensor dx = dy, dgamma = Tensor::zeros({channels}), dbeta = dgamma;
    for (Index i = 0; i < dy.size(); ++i) {
      dgamma[i % channels] += dy[i] * x_hat[i];
      dbeta[i % channels] += dy[i];
    }
    for (Index i = 0; i < dy.size(); ++i) {
      const Index c = i % channels;
      const double variance = statistics.variance[c];
      const Channel at{static_cast<double>(dy.rows()),
                       variance,
                       1 / std::sqrt(variance + epsilon),
                       v[1].value()[c],
                       dgamma[c],
                       dbeta[c]};
      dx[i] = dx_formula(dy[i], x_hat[i], at);
    }
    v[0].add_gradient(std::move(dx));
    v[1].add_gradient(std::move(dgamma));
    v[2].add_gradient(std::move(dbeta));
  });
}

/// In training: with the statistics of the batch itself.
inline Var planted(const Inputs& v, const InputGradient& dx_formula) {
  return planted(v, batch_statistics(v[0].value()), kEpsilon, dx_formula);
}

// ---- Inputs ----

/// Inputs on which a check can see something: x with mean 5 and deviation 3, gamma of both signs.
inline std::vector<Tensor> telling_inputs(const Shape& shape = {7, 3}) {
  const Index channels = shape.channels();
  return {random_tensor("x", shape, 5, 3), gamma_of(channels), beta_of(channels)};
}

// ---- Checks and measurements ----

/// The weak check of the first two exhibits: dx from backward against differences of a loss such as
/// Σ y. Returns the largest error, measured as check_gradients does, and the largest difference.
struct ProbeResult {
  double error = 0, largest = 0;
};
inline ProbeResult probe(const Function& function, const std::vector<Tensor>& inputs,
                         const std::function<Var(Var y)>& loss) {
  const auto record = [&](Tape& tape, const Tensor& x) {
    Inputs v{tape.variable(x)};
    for (std::size_t i = 1; i < inputs.size(); ++i) v.push_back(tape.variable(inputs[i]));
    return std::pair{v[0], loss(function(v))};
  };
  Tape tape;
  const auto [x, total] = record(tape, inputs[0]);
  tape.backward(total);
  ProbeResult result;
  for (Index i = 0; i < inputs[0].size(); ++i) {
    const auto loss_at = [&](double h) {
      Tensor moved = inputs[0];
      moved[i] += h;
      Tape other;
      return record(other, moved).second.value().item();
    };
    const double h = 1e-5, numeric = (loss_at(h) - loss_at(-h)) / (2 * h);
    const double analytic = x.gradient()[i];
    const double magnitude = std::max({1.0, std::abs(analytic), std::abs(numeric)});
    result.error = std::max(result.error, std::abs(analytic - numeric) / magnitude);
    result.largest = std::max(result.largest, std::abs(numeric));
  }
  return result;
}

/// Whether dx passes the gradient check with another tolerance.
inline bool passes(const Function& function, const std::vector<Tensor>& inputs, double tolerance) {
  Parameter x("x", Role::kernel, inputs[0].shape());
  x.value = inputs[0];
  const auto on_tape = [&](Tape& tape) {
    return function({tape.parameter(x), tape.constant(inputs[1]), tape.constant(inputs[2])});
  };
  return check_gradients("function", on_tape, {&x}, {.tolerance = tolerance}).passed();
}

/// dx of Σ dy·y for the same random dy.
inline Tensor dx_of(const Function& function, const std::vector<Tensor>& inputs) {
  Tape tape;
  Inputs v;
  for (const Tensor& input : inputs) v.push_back(tape.variable(input));
  const Var y = function(v);
  tape.backward(sum(y * tape.constant(random_tensor("dy", y.shape(), 0.5))));
  return v[0].gradient();
}

/// |actual − expected| / |expected|, lengths of the tensors as vectors.
inline double relative_error(const Tensor& actual, const Tensor& expected) {
  double difference = 0, length = 0;
  for (Index i = 0; i < expected.size(); ++i) {
    difference += std::pow(actual[i] - expected[i], 2);
    length += std::pow(expected[i], 2);
  }
  return std::sqrt(difference / length);
}

/// How wrong the dx of a function is, relative to the library's.
inline double error_of_dx(const Function& wrong, const std::vector<Tensor>& inputs) {
  return relative_error(dx_of(wrong, inputs), dx_of(library, inputs));
}

/// A measured number that is part of the exhibit: right to 2 %.
inline doctest::Approx about(double value) {
  return doctest::Approx(value).epsilon(0.02).scale(0);  // by itself Approx adds 1 to the size
}

}  // namespace minitape
