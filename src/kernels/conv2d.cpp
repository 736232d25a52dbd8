// Convolution straight from the image, without a matrix of windows.
//
// In NHWC a line of a window, kw·C numbers, is contiguous in the image, once the image has its
// padding around it. So with x at the window's first pixel,
//
//   y[f] = Σ_u Σ_j x[u·line + j]·k[u, j, f]        u = 0 … kh − 1, j = 0 … kw·C − 1
//
// where `line` is the length of a padded image line. The innermost work is a block of 8 output
// pixels, one after the other, times 2 vectors of filters. Its 16 sums stay in the processor's
// registers (of processors with 32 of them; else 6 × 2), and every number that is loaded is used 2
// or 8 times. That is what a matrix product does inside, but here nothing is copied kh·kw times.
//
//   dx   is a convolution of dy with the kernel turned by 180° and its channels swapped (stride 1)
//   dk   is in conv2d_kernel_gradient.cpp
//
// For prediction, batch norm and relu can be applied to the sums before they leave the registers.
//
// What it buys: docs/performance.md.
#include <algorithm>

#include "kernels/filter_blocks.hpp"
#include "kernels/fused.hpp"
#include "kernels/padded_lines.hpp"
#include "ops/kernels.hpp"

namespace minitape::kernels {
namespace {

// The two ends of a convolution's sums: what they start with, and what becomes of them before they
// are stored. from_filter gives those for the filters from `first` on.
struct WithBias {
  const Real* bias;  // or nullptr

  WithBias from_filter(Index first) const { return {bias ? bias + first : nullptr}; }
  Vector start(Index f) const { return bias ? load<Vector>(bias + f) : Vector{}; }
  Vector result(const Vector& sum, Index) const { return sum; }
};
struct WithBatchNormAndRelu : WithBias {
  const Real *mean, *scale, *beta;

  WithBatchNormAndRelu from_filter(Index first) const {
    return {WithBias::from_filter(first), mean + first, scale + first, beta + first};
  }
  Vector result(const Vector& sum, Index f) const {
    const Vector u =
        (sum - load<Vector>(mean + f)) * load<Vector>(scale + f) + load<Vector>(beta + f);
    return u < 0 ? Vector{} : u;
  }
};

// y[p, f] = bias[f] + Σ_u Σ_j x[starts[p] + u·line + j]·k[u, j, f], u < height and j < run, for
// `pixels` ≤ P pixels p and V vectors of filters f, then what Ends makes of it. Rows of k are V
// vectors long, those of y `filters`. P must be a constant for the sums to be registers, so with
// fewer pixels the function calls its version for P − 1. Not inlined: all versions in one have too
// few registers for the addresses of the pixels (images of 7 × 7 took 1.4 times as long).
template <int V, int P = kBlock, class Ends>
[[gnu::noinline]] void pixel_block(Index pixels, const Real* x, const Index* starts, Index line,
                                   Index height, Index run, const Real* k, const Ends& ends,
                                   Index filters, Real* y) {
  if constexpr (P > 1) {
    if (pixels < P) {
      return pixel_block<V, P - 1>(pixels, x, starts, line, height, run, k, ends, filters, y);
    }
  }
  const Real* pixel[P];
  for (int p = 0; p < P; ++p) pixel[p] = x + starts[p];
  Vector sum[P][V];
  for (int v = 0; v < V; ++v) {
    const Vector start = ends.start(v * kLanes);
    for (int p = 0; p < P; ++p) sum[p][v] = start;
  }
  for (Index u = 0; u < height; ++u) {
    for (Index j = 0; j < run; ++j, k += V * kLanes) {
      for (int p = 0; p < P; ++p) {
        for (int v = 0; v < V; ++v) sum[p][v] += pixel[p][j] * load<Vector>(k + v * kLanes);
      }
    }
    for (int p = 0; p < P; ++p) pixel[p] += line;
  }
  for (int p = 0; p < P; ++p) {
    for (int v = 0; v < V; ++v) {
      store(y + p * filters + v * kLanes, ends.result(sum[p][v], v * kLanes));
    }
  }
}

constexpr Index kBand = 8;      // output lines that are computed together
constexpr Index kFewBands = 8;  // fewer in a batch are too few to keep threads busy

// ---- Forward ----

template <class Ends>
Tensor convolve(const ConvSizes& s, const Tensor& x, const Tensor& kernel, const Ends& all_ends) {
  const Window& w = s.window;
  Tensor y = Tensor::uninitialized(s.y());  // [N, out_h, out_w, F]
  const Index bands = chunk_count(w.out_h, kBand);
  // A single image has few bands: its filters are shared out, too, and each share copies its lines.
  const Index per_share = s.images * bands < kFewBands ? 2 * kLanes : s.filters;
  const Index shares = chunk_count(s.filters, per_share);
  // The kernel, filter block by filter block: that of filter f begins at f·inputs.
  Tensor blocks = Tensor::uninitialized(kernel.shape());
  for_each_filter_block(0, s.filters, [&](Index f, auto vectors) {
    copy_filters<vectors>(kernel.data() + f, s.inputs(), s.filters, blocks.data() + f * s.inputs());
  });
  parallel_for(s.images * bands * shares, 1, [&](Index chunk, Index) {
    const Index share = chunk % shares, band = chunk / shares;  // bands count through all images
    const Index n = band / bands, first = band % bands * kBand;
    const Index last = std::min(w.out_h, first + kBand);
    PaddedLines image(s, last - first);
    image.fill(s, x, n, first);
    // Blocks of one size, if possible: 49 pixels are 7 blocks of 7 rather than 6 of 8 and one of 1.
    // Pixels are counted through from line to line: a block can go on in the next one.
    const Index pixels = std::ssize(image.starts);
    const Index block = chunk_count(pixels, chunk_count(pixels, kBlock));
    const auto compute = [&](Index f, auto vectors) {
      const Ends ends = all_ends.from_filter(f);
      Real* const y_band = y.data() + (n * w.out_h + first) * w.out_w * s.filters + f;
      for (Index p = 0; p < pixels; p += block) {
        pixel_block<vectors>(std::min(block, pixels - p), image.values.data(),
                             image.starts.data() + p, image.line, w.size_h, run_of(s),
                             blocks.data() + f * s.inputs(), ends, s.filters,
                             y_band + p * s.filters);
      }
    };
    for_each_filter_block(share * per_share, std::min(s.filters, (share + 1) * per_share), compute);
  });
  return y;
}

}  // namespace

std::optional<Tensor> conv2d(const ConvSizes& s, const Tensor& x, const Tensor& kernel,
                             const Tensor* bias) {
  if (!direct_applies(s)) return std::nullopt;
  return convolve(s, x, kernel, WithBias{bias ? bias->data() : nullptr});
}

std::optional<Tensor> conv2d_batch_norm_relu(const ConvSizes& s, const Tensor& x,
                                             const Tensor& kernel, const Tensor* bias,
                                             const ChannelNorm& norm) {
  if (!direct_applies(s)) return std::nullopt;
  const WithBias with_bias{bias ? bias->data() : nullptr};
  return convolve(
      s, x, kernel,
      WithBatchNormAndRelu{with_bias, norm.mean.data(), norm.scale.data(), norm.beta.data()});
}

// ---- Backward ----

std::optional<Tensor> conv2d_input_gradient(const ConvSizes& s, const Tensor& dy,
                                            const Tensor& kernel) {
  if (s.window.stride != 1 || s.channels % kLanes != 0) return std::nullopt;
  if (s.x().size() == 0 || s.y().size() == 0) return std::nullopt;
  // turned[u, v, f, c] = kernel[kh − 1 − u, kw − 1 − v, c, f]
  const Window& w = s.window;
  Tensor turned = Tensor::uninitialized({w.size_h, w.size_w, s.filters, s.channels});
  for (Index position = 0; position < w.size_h * w.size_w; ++position) {
    const Real* const from =
        kernel.data() + (w.size_h * w.size_w - 1 - position) * s.channels * s.filters;
    Real* const to = turned.data() + position * s.channels * s.filters;
    for (Index f = 0; f < s.filters; ++f) {
      for (Index c = 0; c < s.channels; ++c) to[f * s.channels + c] = from[c * s.filters + f];
    }
  }
  // Pixel (i, j) of x was seen by the windows from i + top − kh + 1 to i + top.
  const Index top = w.size_h - 1 - w.top, left = w.size_w - 1 - w.left;
  const Window back{w.out_h, w.out_w, w.size_h, w.size_w, 1, top, left, w.image_h, w.image_w};
  return convolve({back, s.images, s.filters, s.channels}, dy, turned, WithBias{nullptr});
}

}  // namespace minitape::kernels
