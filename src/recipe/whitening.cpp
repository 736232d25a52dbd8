#include "minitape/recipe/whitening.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

// LAPACK's, a part of OpenBLAS: eigenvalues in rising order, eigenvectors in place of the matrix.
extern "C" void dsyev_(const char* what, const char* triangle, const int* n, double* a,
                       const int* stride, double* eigenvalues, double* work, const int* work_size,
                       int* info);

namespace minitape {
namespace {

constexpr int kNoLapack = 1000;  // what src/ports/plain_blas/dsyev.cpp says

// M = E[pᵀp] [n, n] over all windows of all images, in double: first the sums of each image, since
// rounding errors of a sum grow with the number of its terms.
std::vector<double> second_moments(const Tensor& images, Index size) {
  const Index H = images.shape()[1], W = images.shape()[2], C = images.shape()[3], line = size * C;
  const auto n = static_cast<std::size_t>(size * line);
  const Index windows = (H - size + 1) * (W - size + 1);
  std::vector<double> p(n), of_image(n * n), moments(n * n);
  for (Index image = 0; image < images.shape()[0]; ++image) {
    std::ranges::fill(of_image, 0);
    for (Index window = 0; window < windows; ++window) {
      const Index h = window / (W - size + 1), w = window % (W - size + 1);
      const Real* pixels = images.data() + ((image * H + h) * W + w) * C;
      for (Index u = 0; u < size; ++u, pixels += W * C) {
        std::copy_n(pixels, line, p.begin() + u * line);
      }
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) of_image[i * n + j] += p[i] * p[j];
      }
    }
    for (std::size_t i = 0; i < n * n; ++i) moments[i] += of_image[i];
  }
  for (double& moment : moments) moment /= static_cast<double>(windows * images.shape()[0]);
  return moments;
}

// The eigenvalues of a symmetric matrix [n, n], rising; its rows become the eigenvectors.
std::vector<double> eigenvalues(std::vector<double>& matrix, int n) {
  std::vector<double> values(static_cast<std::size_t>(n)), work(values.size() * 64);
  const int work_size = 64 * n;
  int info = 0;
  dsyev_("V", "U", &n, matrix.data(), &n, values.data(), work.data(), &work_size, &info);
  MINITAPE_CHECK(info == 0, "[whitening] needs LAPACK's dsyev, which comes with OpenBLAS: ",
                 info == kNoLapack ? "this build has none" : concat("it ended with ", info));
  return values;
}

}  // namespace

Tensor whitening_kernel(const Tensor& images, Index size) {
  const Shape& shape = images.shape();
  MINITAPE_CHECK(shape.rank() == 4 && size >= 1 && size <= shape[1] && size <= shape[2],
                 "[whitening] the images (N, H, W, C) must hold a window of ", size, " x ", size,
                 " pixels: they are ", shape);
  const Index n = size * size * shape[3];
  const Index windows = shape[0] * (shape[1] - size + 1) * (shape[2] - size + 1);
  MINITAPE_CHECK(windows >= n, "[whitening] needs at least as many windows as these have numbers, ",
                 n, ": the images have ", windows);
  std::vector<double> vectors = second_moments(images, size);
  const std::vector<double> values = eigenvalues(vectors, static_cast<int>(n));
  MINITAPE_CHECK(values.front() > 1e-10 * values.back(), "[whitening] the images' windows of ",
                 size, " x ", size, " pixels must vary in ", n, " directions: constant images do ",
                 "not, nor grey ones of three channels, nor an empty channel. Give the first ",
                 "layer another init");

  Tensor kernel = Tensor::uninitialized({size, size, shape[3], 2 * n});  // seen as [n, 2n]
  for (Index filter = 0; filter < n; ++filter) {
    const Index i = n - 1 - filter;
    const double* const e = vectors.data() + i * n;
    const double largest =
        *std::max_element(e, e + n, [](double a, double b) { return std::abs(a) < std::abs(b); });
    const double factor =
        std::copysign(1 / std::sqrt(values[static_cast<std::size_t>(i)] + 5e-4), largest);
    for (Index j = 0; j < n; ++j) {
      kernel[j * 2 * n + filter] = static_cast<Real>(factor * e[j]);
      kernel[j * 2 * n + n + filter] = -kernel[j * 2 * n + filter];
    }
  }
  return kernel;
}

}  // namespace minitape
