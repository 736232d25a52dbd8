// The gradient of a convolution's kernel, straight from the image (see conv2d.cpp).
//
//   dk[u, j, f] = Σ_pixels x[pixel + u·line + j]·dy[pixel, f]
//
// Up to 8 (or 6) elements j times 2 vectors of filters stay in registers while the sum goes over
// all pixels of an image, or of several small ones: a large dk is read and written less often.
#include "kernels/filter_blocks.hpp"
#include "kernels/padded_lines.hpp"
#include "ops/kernels.hpp"
#include "ops/loops.hpp"

namespace minitape::kernels {
namespace {

constexpr Index kPixels = 64;  // images are taken together until they have so many

// dk[j, f] += Σ_p x[starts[p] + j]·dy[p, f] for `count` ≤ P elements j of a window's line and V
// vectors of filters f. Rows of dk are `filters` long, those of dy only V vectors.
template <int V, int P = kBlock>
void gradient_block(Index count, Index pixels, const Real* x, const Index* starts, const Real* dy,
                    Index filters, Real* dk) {
  if constexpr (P > 1) {
    if (count < P) return gradient_block<V, P - 1>(count, pixels, x, starts, dy, filters, dk);
  }
  Vector sum[P][V];
  for (int j = 0; j < P; ++j) {
    for (int v = 0; v < V; ++v) sum[j][v] = load<Vector>(dk + j * filters + v * kLanes);
  }
  for (Index p = 0; p < pixels; ++p, dy += V * kLanes) {
    const Real* const pixel = x + starts[p];
    for (int j = 0; j < P; ++j) {
      for (int v = 0; v < V; ++v) sum[j][v] += pixel[j] * load<Vector>(dy + v * kLanes);
    }
  }
  for (int j = 0; j < P; ++j) {
    for (int v = 0; v < V; ++v) store(dk + j * filters + v * kLanes, sum[j][v]);
  }
}

}  // namespace

std::optional<Tensor> conv2d_kernel_gradient(const ConvSizes& s, const Tensor& dy,
                                             const Tensor& x) {
  if (!direct_applies(s)) return std::nullopt;
  const Index groups = chunk_count(s.images, s.images_per_group());
  Tensor partial = Tensor::zeros({groups, s.inputs() * s.filters});  // dK of each group
  const Index together = std::min(s.images_per_group(), chunk_count(kPixels, s.pixels()));
  parallel_chunks(s.images, s.images_per_group(), [&](Index group, Index begin, Index end) {
    PaddedLines padded(s, s.window.out_h, together);
    Tensor dy_block = Tensor::uninitialized({together * s.pixels(), 2 * kLanes});
    for (Index n = begin; n < end; n += together) {
      const Index images = std::min(together, end - n);
      for (Index i = 0; i < images; ++i) padded.fill(s, x, n + i, 0, i);
      for_each_filter_block(0, s.filters, [&](Index f, auto vectors) {
        copy_filters<vectors>(dy.data() + n * s.pixels() * s.filters + f, images * s.pixels(),
                              s.filters, dy_block.data());
        Real* const dk = partial.data() + group * s.inputs() * s.filters + f;
        for (Index u = 0; u < s.window.size_h; ++u) {
          for (Index j = 0; j < run_of(s); j += kBlock) {
            gradient_block<vectors>(std::min(kBlock, run_of(s) - j), images * s.pixels(),
                                    padded.values.data() + u * padded.line + j,
                                    padded.starts.data(), dy_block.data(), s.filters,
                                    dk + (u * run_of(s) + j) * s.filters);
          }
        }
      });
    }
  });
  // The groups are added in order, the same for any number of threads.
  Tensor dk = Tensor::zeros(s.kernel());
  parallel_for(dk.size(), kElementGrain, [&](Index begin, Index end) {
    Real* const sums = dk.data();
    for (Index group = 0; group < groups; ++group) {
      const Real* const part = partial.data() + group * dk.size();
      for (Index i = begin; i < end; ++i) sums[i] += part[i];
    }
  });
  return dk;
}

}  // namespace minitape::kernels
