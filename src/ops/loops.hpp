// Loops over the elements of tensors, and over the rows of a [rows, C] matrix. Private.
//
// Every tensor can be read as such a matrix, C being its last extent: a row is one example of a
// batch, or one pixel of one image. Bias and batch norm work on its columns, one for each channel.
#pragma once

#include <algorithm>
#include <vector>

#include "minitape/core/parallel.hpp"
#include "ops/kernels.hpp"

namespace minitape {

/// y[i] = f(x[i]) for all i, in a new tensor.
template <class Function>
Tensor map(const Tensor& x, Function f) {
  Tensor y = Tensor::uninitialized(x.shape());
  const Real* const from = x.data();
  Real* const to = y.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) to[i] = f(from[i]);
  });
  return y;
}

/// x[i] = f(x[i], y[i]) for all i, in x itself, which is handed back: backward functions own the
/// gradient they are given and may overwrite it.
template <class Function>
Tensor zip(Tensor x, const Tensor& y, Function f) {
  Real* const values = x.data();
  const Real* const others = y.data();
  parallel_for(x.size(), kElementGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) values[i] = f(values[i], others[i]);
  });
  return x;
}

/// Rows in one chunk of a parallel loop, about 16,384 elements. Depends on the shape alone.
inline Index row_grain(Index channels) {
  return std::max<Index>(1, 16384 / std::max<Index>(1, channels));
}

/// Calls body(offset, c) for every element: it lies at `offset` in the tensor, in column c.
template <class Body>
void for_each_element(Index rows, Index channels, Body body) {
  parallel_for(rows, row_grain(channels), [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      for (Index c = 0; c < channels; ++c) body(r * channels + c, c);
    }
  });
}

/// Σ over the rows of term(offset, c), for every column c, in double: every 64 rows by themselves,
/// so that few roundings add up, then these sums in order, the same for any number of threads.
template <class Term>
std::vector<double> sum_of_rows(Index rows, Index channels, Term term) {
  const Index grain = 64, chunks = chunk_count(rows, grain);
  std::vector<double> partial(static_cast<std::size_t>(chunks * channels));  // [chunks, C]
  parallel_chunks(rows, grain, [&](Index chunk, Index begin, Index end) {
    double* const sums = partial.data() + chunk * channels;
    for (Index r = begin; r < end; ++r) {
      for (Index c = 0; c < channels; ++c) sums[c] += term(r * channels + c, c);
    }
  });
  std::vector<double> total(static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < partial.size(); i += total.size()) {  // chunk by chunk
    for (std::size_t c = 0; c < total.size(); ++c) total[c] += partial[i + c];
  }
  return total;
}

/// The numbers as a tensor [C].
inline Tensor channel_tensor(const std::vector<double>& numbers) {
  Tensor result = Tensor::uninitialized({static_cast<Index>(numbers.size())});
  std::transform(numbers.begin(), numbers.end(), result.data(),
                 [](double number) { return static_cast<Real>(number); });
  return result;
}

/// Σ over the rows of x -> [C]. Of dy it is the gradient of a bias.
inline Tensor column_sums(const Tensor& x) {
  if (auto sums = kernels::column_sums(x)) return *std::move(sums);
  const auto element = [&](Index i, Index) { return static_cast<double>(x[i]); };
  return channel_tensor(sum_of_rows(x.rows(), x.channels(), element));
}

/// x[r, c] += bias[c], in place.
inline void add_to_rows(Tensor& x, const Tensor& bias) {
  for_each_element(x.rows(), x.channels(), [&](Index i, Index c) { x[i] += bias[c]; });
}

}  // namespace minitape
