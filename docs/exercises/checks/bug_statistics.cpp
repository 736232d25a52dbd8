#include "check.hpp"
#include "minitape/ops/batch_norm.hpp"

using namespace minitape;
using namespace minitape::exercise;

int main() {
  return run([] {
    const double right = 2.0 / 3;
    for (const double offset : {0.0, 1000.0, 1e8, 1e12}) {
      const Tensor x({3, 1}, {offset, offset + 1, offset + 2});
      Check(concat("the variance of three numbers, the first of which is ", offset))
          .given("x", x)
          .expect(
              "variance", [&] { return batch_statistics(x).variance; }, Tensor({1}, {right}), 1e-6);
    }
    const Tensor image({1, 2, 1, 2}, {1, 10, 3, 14});
    Check("the statistics of two channels")
        .given("x", image)
        .expect(
            "mean", [&] { return batch_statistics(image).mean; }, Tensor({2}, {2, 12}));
  });
}
