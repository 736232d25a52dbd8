// What the ledger's tests share. Five public texts explain batch norm; each of their claims has an
// id, text.claim, and the tests are named by the ids they decide:
//
//   0  C. Patil, "Understanding the Math behind Batch-Normalization algorithm", Medium, 2020
//   1  a question of 2021 on a StackExchange site, answered by Djib2011
//   2  Udacity, "What is Batch Normalization?", the text of a lesson
//   3  Lei Mao, "Batch Normalization Explained", blog
//   4  K. B. Ugurlar, "Mastering Batch Normalization for Neural Networks", blog
//
// D.1 … D.6 are the six questions on which the texts disagree. Every test asserts what is true, so
// a wrong claim shows as the number that contradicts it. docs/ledger.md is the same for readers.
//
//   test_ledger -s -tc="0.6:*"      # one claim, with all the numbers
#pragma once

#include <cstdlib>
#include <filesystem>

#include "minitape/core/check.hpp"
#include "minitape/ops/batch_norm.hpp"
#include "ops/batch_norm_reference.hpp"  // exact_moments: the independent side
#include "testing.hpp"

namespace minitape {

/// Agreement of numbers that were computed in two ways in double precision.
inline constexpr double kExact = 1e-12;

/// Approximately `value`: `relative` is the largest error as a part of the value. For bands around
/// numbers that were drawn at random or trained, and for published digits.
inline doctest::Approx about(double value, double relative) {
  return doctest::Approx(value).scale(0).epsilon(relative);
}

inline double squared(double x) { return x * x; }

/// Mean and biased standard deviation of a list, by plain loops.
inline double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}
inline double deviation_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += squared(value - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// Training batch norm as a function of tensors: y, of the shape of x.
inline Tensor normalized(const Tensor& x, const Tensor& gamma, const Tensor& beta, Real epsilon) {
  Tape tape;
  return batch_norm_training(tape.constant(x), tape.constant(gamma), tape.constant(beta), epsilon)
      .y.value();
}
inline Tensor normalized(const Tensor& x, Real epsilon) {
  const Index channels = x.channels();
  return normalized(x, Tensor::full({channels}, 1), Tensor::zeros({channels}), epsilon);
}

/// The rows first … first + count − 1 of x [N, …] along its first axis.
inline Tensor rows_of(const Tensor& x, Index first, Index count) {
  const Index row = x.size() / x.shape()[0];
  Tensor part = Tensor::uninitialized(x.shape().without_batch().with_batch(count));
  std::copy_n(x.data() + first * row, count * row, part.data());
  return part;
}

/// A file of the repository; CTest says where it is.
inline std::filesystem::path source_file(const std::string& name) {
  const char* folder = std::getenv("MINITAPE_SOURCE_DIR");
  return std::filesystem::path(folder ? folder : ".") / name;
}

/// Whether real MNIST is at hand; says in one line what is skipped when it is not.
inline bool real_mnist(const std::string& what_for) {
  if (std::getenv("MINITAPE_DATA")) return true;
  MESSAGE("MINITAPE_DATA is not set: skipped the part on MNIST of " << what_for);
  return false;
}

}  // namespace minitape
