
#include "gradients.hpp"
#include "minitape/ops/arithmetic.hpp"

namespace minitape {

TEST_CASE("dropout keeps an element times 1 / (1 − rate) or sets it to 0, and so its gradient") {
  Tape tape;
  const Var x = tape.variable(Tensor::full({10'000}, 3));
  const Var y = dropout(x, 0.75, stream(1, "dropout"));
  const Tensor kept = y.value();
  const auto zeros = std::count(kept.values().begin(), kept.values().end(), Real(0));
  const auto fourfold = std::count(kept.values().begin(), kept.values().end(), Real(12));
  CHECK(zeros + fourfold == 10'000);
  CHECK(std::abs(static_cast<double>(zeros) - 7500) < 200);  // σ = 43
  tape.backward(sum(y));
  Tensor expected = kept;
  for (Real& value : expected.values()) value /= 3;
  CHECK(mismatch(x.gradient(), expected) == "");
}

TEST_CASE("the mask is the stream's: u < rate drops, element by element") {
  Tape tape;
  Random random = stream(1, "dropout");
  Tensor expected = Tensor::uninitialized({50});
  for (Real& value : expected.values()) value = random.uniform() < 0.5 ? 0 : 2;
  const Var x = tape.variable(Tensor::full({50}, 1));
  CHECK(different_bits(dropout(x, 0.5, stream(1, "dropout")).value(), expected) == "");
}

TEST_CASE("a rate of 0 changes nothing") {
  Tape tape;
  const Tensor x = random_tensor("x", {3, 4});
  CHECK(different_bits(dropout(tape.variable(x), 0, stream(1, "dropout")).value(), x) == "");
}

TEST_CASE("gradient of dropout with a fixed stream" * double_only()) {
  const auto function = [](const std::vector<Var>& v) {
    return dropout(v[0], 0.4, stream(1, "dropout"));
  };
  CHECK(wrong_gradients(function, {random_tensor("x", {3, 5, 4, 2})}) == "");
}

TEST_CASE("the rate lies in [0, 1)") {
  Tape tape;
  const Var x = tape.variable(Tensor::zeros({2}));
  CHECK(error_lacks({"[dropout] the rate must be in [0, 1): got 1"},
                    [&] { dropout(x, 1, stream(1, "dropout")); }) == "");
  CHECK(error_lacks({"got -0.1"}, [&] { dropout(x, -0.1, stream(1, "dropout")); }) == "");
}

}  // namespace minitape
