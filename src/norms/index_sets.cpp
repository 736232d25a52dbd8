#include "minitape/norms/index_sets.hpp"

#include <algorithm>

#include "minitape/core/parallel.hpp"

namespace minitape {
namespace {

// [outer, a, b, inner] -> [outer, b, a, inner]
Tensor swapped(const Tensor& x, Index a, Index b, Index inner, const Shape& shape) {
  Tensor y = Tensor::uninitialized(shape);
  const Index outer = x.size() / (a * b * inner);
  parallel_for(outer * a, std::max<Index>(1, kElementGrain / (b * inner)),
               [&](Index begin, Index end) {
                 for (Index row = begin; row < end; ++row) {  // one index of outer and a
                   const Real* from = x.data() + row * b * inner;
                   Real* const to = y.data() + (row / a * b * a + row % a) * inner;
                   for (Index j = 0; j < b; ++j)
                     std::copy_n(from + j * inner, inner, to + j * a * inner);
                 }
               });
  return y;
}

// Each column of x [m, columns] with mean 0 and variance 1.
BatchNormResult normalized_columns(Var x, Real epsilon) {
  const Shape columns{x.value().channels()};
  return batch_norm_training(x, x.tape().constant(Tensor::full(columns, 1)),
                             x.tape().constant(Tensor::zeros(columns)), epsilon);
}

// gamma·x_hat + beta for each channel: what batch norm does to numbers of mean 0 and variance 1.
Var scaled_and_shifted(Var x_hat, Var gamma, Var beta) {
  const BatchStatistics standard{Tensor::zeros(gamma.shape()), Tensor::full(gamma.shape(), 1)};
  return batch_norm_inference(x_hat, gamma, beta, standard, 0);
}

// The mean over the parts: [parts·C] -> [C].
Tensor mean_of_parts(const Tensor& statistic, Index parts) {
  return batch_statistics(statistic.reshaped({parts, statistic.size() / parts})).mean;
}

}  // namespace

Var swap_axes(Var x, Index a, Index b, Index inner, const Shape& shape) {
  const auto backward = [=, from = x.shape()](const Tensor&, const Tensor& dy) {
    x.add_gradient(swapped(dy, b, a, inner, from));
  };
  return x.tape().record("swap_axes", {x}, swapped(x.value(), a, b, inner, shape), backward);
}

BatchNormResult ghost_batch_norm(Var x, Var gamma, Var beta, Real epsilon, Index parts) {
  if (parts == 1) return batch_norm_training(x, gamma, beta, epsilon);
  const Shape shape = x.shape();
  MINITAPE_CHECK(parts >= 1 && shape[0] % parts == 0, "[batch_norm] the batch must split into ",
                 parts, " ghost batches of equal size: x is ", shape);
  const Index channels = shape.channels(), rows = shape.rows() / parts;  // of one part
  MINITAPE_CHECK(rows > 1,
                 "[batch_norm] a ghost batch needs more than one value per channel: x is ", shape,
                 ", in ", parts, " parts");
  const Var columns = swap_axes(x, parts, rows, channels, {rows, parts * channels});
  auto [x_hat, batch] = normalized_columns(columns, epsilon);
  const Var back = swap_axes(x_hat, rows, parts, channels, shape);
  return {scaled_and_shifted(back, gamma, beta),
          {mean_of_parts(batch.mean, parts), mean_of_parts(batch.variance, parts)}};
}

Var group_norm(Var x, Var gamma, Var beta, Real epsilon, Index groups) {
  const Shape shape = x.shape();
  const Index images = shape[0], channels = shape.channels();
  MINITAPE_CHECK(groups >= 1 && channels % groups == 0,
                 "[group_norm] the channels must split into ", groups,
                 " groups of equal size: x is ", shape);
  const Index size = channels / groups;  // channels of a group
  const Index pixels = shape.rows() / images;
  MINITAPE_CHECK(pixels * size > 1, "[group_norm] a group needs more than one value: x is ", shape,
                 ", with ", groups, " groups");
  // [N, H·W·G·c] -> [H·W, G, c, N] -> [H·W·c, G·N], and the same way back.
  const Index values = pixels * channels;
  const Var images_last = swap_axes(x, images, values, 1, {values, images});
  const Var columns =
      swap_axes(images_last, groups, size, images, {pixels * size, groups * images});
  const Var x_hat = normalized_columns(columns, epsilon).y;
  const Var swapped_back = swap_axes(x_hat, size, groups, images, {values, images});
  return scaled_and_shifted(swap_axes(swapped_back, values, images, 1, shape), gamma, beta);
}

}  // namespace minitape
