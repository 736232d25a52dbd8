#include "minitape/core/tensor.hpp"

#include <algorithm>
#include <limits>
#include <ostream>
#include <utility>

#include "minitape/core/parallel.hpp"

namespace minitape {

Shape::Shape(std::span<const Index> extents) : rank_(static_cast<int>(extents.size())) {
  MINITAPE_CHECK(extents.size() <= kMaxRank, "[shape] a tensor has at most ", kMaxRank,
                 " axes: got ", extents.size());
  std::copy(extents.begin(), extents.end(), extents_.begin());
  // The size must fit into an Index, in bytes as well. An extent of 0 counts as 1: rows(), without
  // the last extent, must fit, too.
  constexpr Index kMaxSize = Index{1} << 59;
  Index size = 1;
  for (const Index extent : extents) {
    MINITAPE_CHECK(extent >= 0, "[shape] extents must not be negative: got ", to_string());
    const Index factor = std::max<Index>(extent, 1);
    MINITAPE_CHECK(size <= kMaxSize / factor, "[shape] a tensor has at most ", kMaxSize,
                   " elements: got ", to_string());
    size *= factor;
  }
}

Index Shape::size() const { return rows() * channels(); }

Index Shape::rows() const {
  Index product = 1;
  for (int axis = 0; axis + 1 < rank_; ++axis) product *= (*this)[axis];
  return product;
}

Shape Shape::with_batch(Index batch) const {
  std::vector<Index> extents{batch};
  extents.insert(extents.end(), extents_.begin(), extents_.begin() + rank_);
  return Shape(extents);
}

Shape Shape::without_batch() const {
  MINITAPE_CHECK(rank_ >= 1, "[shape] a scalar has no batch axis");
  return Shape(std::span(extents_.begin() + 1, static_cast<std::size_t>(rank_ - 1)));
}

std::string Shape::to_string() const {
  std::string text;
  for (int axis = 0; axis < rank_; ++axis) {
    text += (axis > 0 ? ", " : "") + std::to_string((*this)[axis]);
  }
  return "(" + text + ")";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.to_string(); }

Tensor::Tensor(const Shape& shape, std::initializer_list<Real> values)
    : Tensor(uninitialized(shape)) {
  MINITAPE_CHECK(static_cast<Index>(values.size()) == size(), "[tensor] shape ", shape, " holds ",
                 size(), " values: got ", values.size());
  std::copy(values.begin(), values.end(), data());
}

Tensor Tensor::uninitialized(const Shape& shape) {
  Tensor tensor;
  tensor.shape_ = shape;
  // At least one byte, so that a tensor of shape (0, 3) is not taken for no tensor at all.
  const auto bytes = static_cast<std::size_t>(shape.size()) * sizeof(Real);
  tensor.storage_ = Storage(std::max<std::size_t>(1, bytes));
  // The double build is there to check. In it, what is read before it is written shows.
  if constexpr (sizeof(Real) == sizeof(double)) {
    tensor.fill(std::numeric_limits<Real>::quiet_NaN());
  }
  return tensor;
}

Tensor Tensor::full(const Shape& shape, Real value) {
  Tensor tensor = uninitialized(shape);
  tensor.fill(value);
  return tensor;
}

Real Tensor::item() const {
  MINITAPE_CHECK(size() == 1, "[tensor] item() needs exactly one element: shape is ", shape_);
  return data()[0];
}

void Tensor::fill(Real value) {
  Real* const x = data();
  parallel_for(size(), kElementGrain,
               [&](Index begin, Index end) { std::fill(x + begin, x + end, value); });
}

void Tensor::add(const Tensor& other) {
  // The sizes tell a scalar from no tensor at all.
  MINITAPE_CHECK(shape_ == other.shape_ && size() == other.size(),
                 "[tensor] only equal shapes can be added: ", shape_, " and ", other.shape_);
  Real* const x = data();
  const Real* const y = other.data();
  parallel_for(size(), kElementGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) x[i] += y[i];
  });
}

Tensor Tensor::reshaped(const Shape& shape) && {
  MINITAPE_CHECK(shape.size() == size(),
                 "[reshape] the number of elements must stay the same: ", shape_, " has ", size(),
                 ", ", shape, " has ", shape.size());
  Tensor result = std::move(*this);
  result.shape_ = shape;
  return result;
}

}  // namespace minitape
