// Shape and Tensor: the numbers everything else works on.
//
// A tensor is one contiguous buffer in row-major order: the last index runs fastest. Images are
// NHWC, so the channels of a pixel lie next to each other and every tensor can also be read as a
// matrix [rows, channels]. That is how bias, batch norm and the activations see it.
//
//   element (n, h, w, c) of shape (N, H, W, C) lies at ((n·H + h)·W + w)·C + c
//
// A tensor owns its buffer. Copies are deep, moves are free, and there are no views.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "minitape/core/allocator.hpp"
#include "minitape/core/check.hpp"

namespace minitape {

/// The number type of every tensor. The sources are built a second time with double for the
/// gradient checks, where float's seven digits would hide a wrong formula.
#ifdef MINITAPE_DOUBLE
using Real = double;
#else
using Real = float;
#endif

/// Sizes and positions. Signed, so that differences and loops that count down are safe.
using Index = std::int64_t;

/// The extents of a tensor, outermost first; at most four. The empty shape () is a scalar.
class Shape {
 public:
  static constexpr int kMaxRank = 4;

  Shape() = default;
  Shape(std::initializer_list<Index> extents) : Shape(std::span(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const Index> extents);

  int rank() const { return rank_; }  // how many axes
  Index operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }  // extent
  /// Number of elements: the product of the extents, 1 for a scalar.
  Index size() const;
  /// The last extent; 1 for a scalar.
  Index channels() const { return rank_ == 0 ? 1 : extents_[static_cast<std::size_t>(rank_ - 1)]; }
  /// The product of all extents but the last: how many rows the [rows, channels] matrix has.
  Index rows() const;

  /// (batch, *this): the shape of a batch of examples of this shape.
  Shape with_batch(Index batch) const;
  /// This shape without its first extent: the shape of one example of a batch.
  Shape without_batch() const;

  bool operator==(const Shape& other) const = default;
  std::string to_string() const;  // "(128, 32, 32, 3)"

 private:
  std::array<Index, kMaxRank> extents_{};  // unused extents stay 0, so that == compares them all
  int rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);  // writes to_string()

class Tensor {
 public:
  /// Without a buffer, as a tensor that was moved from: empty() is true. A tensor of shape (0, 3)
  /// has no elements, but is not empty().
  Tensor() = default;
  /// The given values, in row-major order. Throws when there are not shape.size() of them.
  Tensor(const Shape& shape, std::initializer_list<Real> values);

  static Tensor uninitialized(const Shape& shape);  // with any values, to be overwritten
  static Tensor zeros(const Shape& shape) { return full(shape, 0); }  // all 0
  static Tensor full(const Shape& shape, Real value);                 // all equal to `value`
  static Tensor scalar(Real value) { return full(Shape{}, value); }   // shape (), one element

  bool empty() const { return storage_.data() == nullptr; }  // has no buffer
  const Shape& shape() const { return shape_; }
  Index size() const { return empty() ? 0 : shape_.size(); }  // how many elements
  Index rows() const { return shape_.rows(); }
  Index channels() const { return shape_.channels(); }
  /// The elements, in row-major order.
  Real* data() { return static_cast<Real*>(storage_.data()); }
  const Real* data() const { return static_cast<const Real*>(storage_.data()); }
  Real& operator[](Index i) { return data()[i]; }  // i is not checked
  Real operator[](Index i) const { return data()[i]; }
  std::span<Real> values() { return {data(), static_cast<std::size_t>(size())}; }  // all of them
  std::span<const Real> values() const { return {data(), static_cast<std::size_t>(size())}; }

  /// The only element of a tensor of size 1. Throws for any other size.
  Real item() const;

  void fill(Real value);  // sets every element
  /// this += other, elementwise. Throws unless the shapes are equal.
  void add(const Tensor& other);
  /// The same elements under another shape of the same size. Moves the buffer of a temporary.
  Tensor reshaped(const Shape& shape) const& { return Tensor(*this).reshaped(shape); }
  Tensor reshaped(const Shape& shape) &&;

 private:
  Shape shape_;
  Storage storage_;
};

}  // namespace minitape
