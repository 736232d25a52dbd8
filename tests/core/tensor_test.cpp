#include "minitape/core/tensor.hpp"

#include <cstdint>
#include <sstream>
#include <utility>

#include "testing.hpp"

namespace minitape {
namespace {

// 0, 1, 2, … in row-major order.
Tensor counting(const Shape& shape) {
  Tensor x = Tensor::uninitialized(shape);
  for (Index i = 0; i < x.size(); ++i) x[i] = static_cast<Real>(i);
  return x;
}

}  // namespace

// ---- Shape ----

TEST_CASE("a shape knows its rank, its extents and how many elements it has") {
  const Shape shape{2, 3, 4, 5};
  CHECK(shape.rank() == 4);
  CHECK(shape[0] == 2);
  CHECK(shape[3] == 5);
  CHECK(shape.size() == 120);
  CHECK(shape.rows() == 24);  // 2·3·4
  CHECK(shape.channels() == 5);
}

TEST_CASE("the empty shape is a scalar: one row of one channel") {
  const Shape scalar;
  CHECK(scalar.rank() == 0);
  CHECK(scalar.size() == 1);
  CHECK(scalar.rows() == 1);
  CHECK(scalar.channels() == 1);
  CHECK(scalar.to_string() == "()");
}

TEST_CASE("a vector is one row") {
  CHECK(Shape{7}.rows() == 1);
  CHECK(Shape{7}.channels() == 7);
  CHECK(Shape{7}.size() == 7);
}

TEST_CASE("an extent of zero makes a shape without elements") {
  CHECK(Shape{0, 3}.size() == 0);
  CHECK(Shape{3, 0}.size() == 0);
  CHECK(Shape{3, 0}.rows() == 3);
}

TEST_CASE("shapes are equal when rank and extents are") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2} != Shape{2, 0});  // unused extents are 0 too: the rank tells
  CHECK(Shape{} != Shape{1});
}

TEST_CASE("a shape prints as a tuple") {
  std::ostringstream out;
  out << Shape{128, 32, 32, 3} << Shape{7};
  CHECK(out.str() == "(128, 32, 32, 3)(7)");
}

TEST_CASE("with_batch puts an axis in front, without_batch takes it away") {
  CHECK(Shape{28, 28, 1}.with_batch(64) == Shape{64, 28, 28, 1});
  CHECK(Shape{}.with_batch(3) == Shape{3});
  CHECK(Shape{64, 28, 28, 1}.without_batch() == Shape{28, 28, 1});
  CHECK(Shape{3}.without_batch() == Shape{});
  CHECK(error_lacks({"[shape] a scalar has no batch axis"}, [] { Shape{}.without_batch(); }) == "");
}

TEST_CASE("a shape has at most four axes and no negative extent") {
  CHECK(error_lacks({"[shape] a tensor has at most 4 axes: got 5"}, [] {
          Shape({1, 2, 3, 4, 5});
        }) == "");
  CHECK(error_lacks({"at most 4 axes: got 5"}, [] { Shape({1, 2, 3, 4}).with_batch(9); }) == "");
  CHECK(error_lacks({"[shape] extents must not be negative: got (2, -1)"}, [] {
          Shape({2, -1});
        }) == "");
}

// ---- Making tensors ----

TEST_CASE("elements lie in row-major order: the last index runs fastest") {
  const Tensor x = counting({2, 3, 4, 5});
  CHECK(at(x, {0, 0, 0, 1}) == 1);
  CHECK(at(x, {0, 0, 1, 0}) == 5);
  CHECK(at(x, {1, 0, 0, 0}) == 60);
  CHECK(at(x, {1, 2, 3, 4}) == 119);
  CHECK(at(x, {1, 0, 2, 3}) == ((1 * 3 + 0) * 4 + 2) * 5 + 3);
}

TEST_CASE("a tensor holds the values it is given, and their number must be right") {
  const Tensor x({2, 2}, {1, 2, 3, 4});
  CHECK(at(x, {0, 1}) == 2);
  CHECK(at(x, {1, 0}) == 3);
  CHECK(x.rows() == 2);
  CHECK(x.channels() == 2);
  CHECK(error_lacks({"[tensor] shape (2, 2) holds 4 values: got 3"}, [] {
          Tensor({2, 2}, {1, 2, 3});
        }) == "");
}

TEST_CASE("zeros, full and scalar fill every element, also across chunks") {
  const Index n = 3 * kElementGrain + 7;
  const Tensor zeros = Tensor::zeros({n}), full = Tensor::full({n}, Real(2.5));
  CHECK(std::count(zeros.values().begin(), zeros.values().end(), Real(0)) == n);
  CHECK(std::count(full.values().begin(), full.values().end(), Real(2.5)) == n);
  CHECK(Tensor::scalar(3).shape() == Shape{});
  CHECK(Tensor::scalar(3).item() == 3);
}

TEST_CASE("no tensor, a scalar and a tensor without elements are three different things") {
  CHECK(Tensor().empty());
  CHECK(Tensor().size() == 0);
  CHECK_FALSE(Tensor::scalar(0).empty());
  CHECK_FALSE(Tensor::zeros({0, 3}).empty());
  CHECK(Tensor::zeros({0, 3}).size() == 0);
}

TEST_CASE("buffers begin at a cache line") {
  for (const Index n : {1, 3, 1000}) {
    CHECK(reinterpret_cast<std::uintptr_t>(Tensor::uninitialized({n}).data()) % 64 == 0);
  }
}

// ---- Copies and moves ----

TEST_CASE("a copy is deep") {
  Tensor x = counting({2, 3});
  Tensor copy = x, assigned;
  assigned = x;
  x[4] = 99;
  CHECK(different_bits(copy, counting({2, 3})) == "");
  CHECK(different_bits(assigned, counting({2, 3})) == "");
  CHECK(Tensor(Tensor()).empty());
}

TEST_CASE("assigning replaces shape and values, whatever was there before") {
  Tensor x = counting({5, 5});
  x = counting({2, 3});
  CHECK(different_bits(x, counting({2, 3})) == "");
  const Tensor none;
  x = none;
  CHECK(x.empty());
  CHECK(x.size() == 0);
}

TEST_CASE("a move hands over the buffer and leaves no tensor behind") {
  Tensor x = counting({2, 3});
  const Real* const buffer = x.data();
  Tensor moved = std::move(x);
  CHECK(moved.data() == buffer);
  CHECK(moved.shape() == Shape{2, 3});
  CHECK(x.empty());  // NOLINT: a moved-from tensor is no tensor, by contract
  CHECK(x.size() == 0);
  Tensor assigned = counting({4});
  assigned = std::move(moved);
  CHECK(assigned.data() == buffer);
  CHECK(assigned.size() == 6);
}

TEST_CASE("assigning a tensor to itself changes nothing") {
  Tensor x = counting({2, 3});
  Tensor& same = x;
  x = same;
  CHECK(different_bits(x, counting({2, 3})) == "");
  x = std::move(same);
  CHECK(different_bits(x, counting({2, 3})) == "");
}

// ---- Elements ----

TEST_CASE("item needs exactly one element") {
  CHECK(Tensor({1, 1}, {5}).item() == 5);
  CHECK(error_lacks({"[tensor] item() needs exactly one element: shape is (2)"},
                    [] { Tensor::zeros({2}).item(); }) == "");
  CHECK(error_lacks({"exactly one element"}, [] { Tensor::zeros({0}).item(); }) == "");
}

TEST_CASE("no tensor at all has no element to read") {
  CHECK(error_lacks({"[tensor]"}, [] { Tensor().item(); }) == "");
}

TEST_CASE("add sums elementwise, also across chunks and with itself") {
  const Index n = 2 * kElementGrain + 3;
  Tensor x = counting({n});
  x.add(Tensor::full({n}, 1));
  CHECK(x[0] == 1);
  CHECK(x[n - 1] == static_cast<Real>(n));
  x.add(x);
  CHECK(x[n - 1] == static_cast<Real>(2 * n));
}

TEST_CASE("add takes equal shapes only, and no missing tensor for a scalar") {
  CHECK(error_lacks({"[tensor] only equal shapes can be added: (2, 3) and (3, 2)"}, [] {
          Tensor::zeros({2, 3}).add(Tensor::zeros({3, 2}));
        }) == "");
  CHECK(error_lacks({"[tensor] only equal shapes"}, [] { Tensor::scalar(1).add(Tensor()); }) == "");
}

TEST_CASE("reshaped keeps the order of the elements; a temporary keeps its buffer too") {
  Tensor x = counting({2, 6});
  const Real* const buffer = x.data();
  const Tensor copy = x.reshaped({3, 4});
  CHECK(different_bits(copy, counting({3, 4})) == "");
  CHECK(copy.data() != buffer);
  CHECK(x.shape() == Shape{2, 6});
  const Tensor moved = std::move(x).reshaped({12});
  CHECK(moved.data() == buffer);
  CHECK(different_bits(moved, counting({12})) == "");
}

TEST_CASE("reshaped keeps the number of elements") {
  const std::string_view text =
      "[reshape] the number of elements must stay the same: (2, 6) has 12, (5) has 5";
  CHECK(error_lacks({text}, [] { counting({2, 6}).reshaped({5}); }) == "");
}

TEST_CASE("in the double build memory that nobody has written to is not a number" * double_only()) {
  Tensor::full({3, 5}, 1);  // is freed and used again
  const Tensor x = Tensor::uninitialized({3, 5});
  for (const Real value : x.values()) CHECK(std::isnan(value));
}

}  // namespace minitape
