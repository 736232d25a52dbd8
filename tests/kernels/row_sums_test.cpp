#include "kernels/row_sums.hpp"

#include "testing.hpp"

namespace minitape::kernels {

TEST_CASE("every channel is visited once, in vectors as long as they are filled") {
  for (Index channels = 0; channels <= 3 * kLanes + 1; ++channels) {
    std::vector<int> visits(static_cast<std::size_t>(channels));
    Index vectors = 0;
    for_each_channel(channels, [&]<class V>(Index c) {
      const auto width = static_cast<Index>(sizeof(V) / sizeof(Real));
      vectors += width == kLanes;
      for (Index k = 0; k < width; ++k) ++visits[static_cast<std::size_t>(c + k)];
    });
    CHECK(visits == std::vector<int>(visits.size(), 1));
    CHECK(vectors == channels / kLanes);
  }
}

TEST_CASE("sums over rows are added to what is there, for any number of rows and channels") {
  for (const Index channels : {1, 3, 16, 37}) {
    for (Index rows = 0; rows <= 9; ++rows) {
      const Tensor x = random_tensor("x", {rows + 2, channels});
      Tensor sums = random_tensor("before", {channels}), expected = sums;
      for (Index r = 1; r <= rows; ++r) {
        for (Index c = 0; c < channels; ++c) expected[c] += x[r * channels + c] * Real(c + 1);
      }
      const Tensor factors = [&] {
        Tensor numbers = Tensor::uninitialized({channels});
        for (Index c = 0; c < channels; ++c) numbers[c] = Real(c + 1);
        return numbers;
      }();
      const auto term = [&]<class V>(Index i, Index c) {
        return load<V>(x.data() + i) * load<V>(factors.data() + c);
      };
      add_few_rows(1, rows + 1, channels, term, sums.data());
      CAPTURE(rows);
      CAPTURE(channels);
      CHECK(mismatch(sums, expected) == "");
    }
  }
}

TEST_CASE("several sums over many rows are taken at once, chunk by chunk") {
  // One chunk, and several of 16384 / 37 = 442 rows.
  for (const Shape& shape : {Shape{0, 3}, Shape{5, 3}, Shape{1000, 37}}) {
    const Tensor x = random_tensor("x", shape, 1);
    const auto value = [from = x.data()]<class V>(Index i, Index) { return load<V>(from + i); };
    const auto square = [=]<class V>(Index i, Index c) {
      const V v = value.template operator()<V>(i, c);
      return v * v;
    };
    const auto [sums, squares] = sums_over_rows(shape[0], shape[1], value, square);
    Tensor expected_sums = Tensor::zeros({shape[1]}), expected_squares = expected_sums;
    for (Index c = 0; c < shape[1]; ++c) {
      double sum = 0, of_squares = 0;
      for (Index r = 0; r < shape[0]; ++r) {
        const double v = double{x[r * shape[1] + c]};
        sum += v;
        of_squares += v * v;
      }
      expected_sums[c] = static_cast<Real>(sum);
      expected_squares[c] = static_cast<Real>(of_squares);
    }
    CHECK(mismatch(sums, expected_sums) == "");
    CHECK(mismatch(squares, expected_squares) == "");
    CHECK(mismatch(minitape::column_sums(x), expected_sums) == "");
  }
}

}  // namespace minitape::kernels
