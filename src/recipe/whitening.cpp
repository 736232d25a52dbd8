#include "minitape/recipe/whitening.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "minitape/core/parallel.hpp"

// LAPACK's, a part of OpenBLAS: eigenvalues in rising order, eigenvectors in place of the matrix.
extern "C" void dsyev_(const char* what, const char* triangle, const int* n, double* a,
                       const int* stride, double* eigenvalues, double* work, const int* work_size,
                       int* info);

namespace minitape {
namespace {

// M = E[pᵀp] [n, n] over all windows of all images, in double. Each image's sums by themselves,
// then in order, so that the result does not depend on the number of threads.
std::vector<double> second_moments(const Tensor& images, Index size) {
  const Shape& shape = images.shape();
  const Index H = shape[1], W = shape[2], C = shape[3], n = size * size * C;
  const Index windows = (H - size + 1) * (W - size + 1);
  std::vector<double> of_image(static_cast<std::size_t>(shape[0] * n * n));  // [N, n, n]
  parallel_for(shape[0], 1, [&](Index begin, Index end) {
    std::vector<double> p(static_cast<std::size_t>(n));
    for (Index image = begin; image < end; ++image) {
      double* const sums = of_image.data() + image * n * n;
      for (Index window = 0; window < windows; ++window) {
        const Index h = window / (W - size + 1), w = window % (W - size + 1);
        for (Index row = 0; row < size; ++row) {
          const Real* const pixels = images.data() + ((image * H + h + row) * W + w) * C;
          std::copy_n(pixels, size * C, p.begin() + row * size * C);
        }
        for (Index i = 0; i < n; ++i) {
          for (Index j = 0; j < n; ++j) {
            sums[i * n + j] += p[static_cast<std::size_t>(i)] * p[static_cast<std::size_t>(j)];
          }
        }
      }
    }
  });
  std::vector<double> moments(static_cast<std::size_t>(n * n));
  for (std::size_t i = 0; i < of_image.size(); ++i) moments[i % moments.size()] += of_image[i];
  for (double& moment : moments) moment /= static_cast<double>(shape[0] * windows);
  return moments;
}

struct Eigen {
  std::vector<double> values;   // [n], rising
  std::vector<double> vectors;  // [n, n], one a row
};

Eigen eigen_of(std::vector<double> matrix, int n) {
  Eigen eigen{std::vector<double>(static_cast<std::size_t>(n)), std::move(matrix)};
  std::vector<double> work(static_cast<std::size_t>(n) * 64);
  const int work_size = static_cast<int>(work.size());
  int info = 0;
  dsyev_("V", "U", &n, eigen.vectors.data(), &n, eigen.values.data(), work.data(), &work_size,
         &info);
  MINITAPE_CHECK(info == 0, "[whitening] needs the eigenvectors of a matrix: LAPACK's dsyev ended ",
                 "with ", info, info == 1000 ? ", for it is part of OpenBLAS" : "");
  return eigen;
}

}  // namespace

Tensor whitening_kernel(const Tensor& images, Index size) {
  const Shape& shape = images.shape();
  MINITAPE_CHECK(shape.rank() == 4 && size >= 1 && size <= shape[1] && size <= shape[2],
                 "[whitening] the images (N, H, W, C) must hold a window of ", size, " x ", size,
                 " pixels: they are ", shape);
  const Index n = size * size * shape[3];
  const auto count = static_cast<std::size_t>(n);
  const Eigen eigen = eigen_of(second_moments(images, size), static_cast<int>(n));
  MINITAPE_CHECK(eigen.values.front() > 1e-10 * eigen.values.back(),
                 "[whitening] the images' windows of ", size, " x ", size, " pixels must vary in ",
                 n, " directions: the smallest mean square is ", eigen.values.front(),
                 ", the largest ", eigen.values.back());

  Tensor kernel = Tensor::uninitialized({size, size, shape[3], 2 * n});  // seen as [n, 2n]
  for (Index filter = 0; filter < n; ++filter) {
    const std::size_t i = count - 1 - static_cast<std::size_t>(filter);
    const double* const e = eigen.vectors.data() + i * count;
    const double largest =
        *std::max_element(e, e + n, [](double a, double b) { return std::abs(a) < std::abs(b); });
    const double factor = std::copysign(1 / std::sqrt(eigen.values[i] + 5e-4), largest);
    for (Index j = 0; j < n; ++j) {
      kernel[j * 2 * n + filter] = static_cast<Real>(factor * e[j]);
      kernel[j * 2 * n + n + filter] = -kernel[j * 2 * n + filter];
    }
  }
  return kernel;
}

}  // namespace minitape
