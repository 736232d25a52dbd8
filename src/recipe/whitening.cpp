#include "minitape/recipe/whitening.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "minitape/ops/conv2d.hpp"

// LAPACK's, a part of OpenBLAS: eigenvalues in rising order, eigenvectors in place of the matrix.
extern "C" void dsyev_(const char* what, const char* triangle, const int* n, double* a,
                       const int* stride, double* eigenvalues, double* work, const int* work_size,
                       int* info);

namespace minitape {
namespace {

// M = E[pᵀp] [n, n] over all windows of all images, in double.
std::vector<double> second_moments(const Tensor& images, Index size) {
  const Shape& shape = images.shape();
  const Index C = shape.channels(), n = size * size * C, pixels = shape[1] * shape[2] * C;
  Tensor unit = Tensor::zeros({size, size, C, n});  // as filters, its vectors copy the windows
  for (Index i = 0; i < n; ++i) unit[i * n + i] = 1;
  std::vector<double> moments(static_cast<std::size_t>(n * n));
  Index count = 0;
  for (Index image = 0; image < shape[0]; ++image) {
    Tensor one = Tensor::uninitialized({1, shape[1], shape[2], C});
    std::copy_n(images.data() + image * pixels, pixels, one.data());
    const Tensor windows = conv2d(one, unit, nullptr, {});  // [1, H', W', n]
    for (Index row = 0; row < windows.rows(); ++row) {
      const Real* const p = windows.data() + row * n;
      for (std::size_t i = 0; i < moments.size(); ++i) {
        moments[i] += double{p[static_cast<Index>(i) / n]} * double{p[static_cast<Index>(i) % n]};
      }
    }
    count += windows.rows();
  }
  for (double& moment : moments) moment /= static_cast<double>(count);
  return moments;
}

// The eigenvalues of a symmetric matrix [n, n], rising; its rows become the eigenvectors.
std::vector<double> eigenvalues(std::vector<double>& matrix, int n) {
  std::vector<double> values(static_cast<std::size_t>(n)), work(values.size() * 64);
  const int work_size = 64 * n;
  int info = 0;
  dsyev_("V", "U", &n, matrix.data(), &n, values.data(), work.data(), &work_size, &info);
  MINITAPE_CHECK(info == 0, "[whitening] needs the eigenvectors of a matrix: LAPACK's dsyev ended ",
                 "with ", info, info == 1000 ? ", for it is part of OpenBLAS" : "");
  return values;
}

}  // namespace

Tensor whitening_kernel(const Tensor& images, Index size) {
  const Shape& shape = images.shape();
  MINITAPE_CHECK(shape.rank() == 4 && size >= 1 && size <= shape[1] && size <= shape[2],
                 "[whitening] the images (N, H, W, C) must hold a window of ", size, " x ", size,
                 " pixels: they are ", shape);
  const Index n = size * size * shape[3];
  std::vector<double> vectors = second_moments(images, size);
  const std::vector<double> values = eigenvalues(vectors, static_cast<int>(n));
  MINITAPE_CHECK(values.front() > 1e-10 * values.back(), "[whitening] the images' windows of ",
                 size, " x ", size, " pixels must vary in ", n,
                 " directions: the smallest mean square is ", values.front(), ", the largest ",
                 values.back());

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
