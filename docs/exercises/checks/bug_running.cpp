#include "check.hpp"
#include "minitape/nn/batch_norm.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

Tensor running_mean_after(const std::vector<double>& means, BatchNormOptions options = {}) {
  BatchNorm layer(1, options);
  for (const double mean : means) {
    layer.update_running({Tensor({1}, {mean}), Tensor({1}, {4})}, 5);
  }
  return layer.running().mean;
}

}  // namespace

int main() {
  return run([] {
    Check("200 times the same batch, of mean 3")
        .expect(
            "running mean", [] { return running_mean_after(std::vector<double>(200, 3)); },
            Tensor({1}, {3}), 1e-6);
    Check(
        "two batches, with ema_decay 0.9: the running mean is 0, then 0.9·0 + 0.1·1 = 0.1, then "
        "0.9·0.1 + 0.1·3")
        .given("means of the batches: 1 and 3")
        .expect(
            "running mean",
            [] {
              return running_mean_after({1, 3});
            },
            Tensor({1}, {0.39}));
    Check("two batches, cumulative: the mean of both")
        .given("means of the batches: 1 and 3")
        .expect(
            "running mean",
            [] {
              return running_mean_after({1, 3}, {.running = RunningStatistics::cumulative});
            },
            Tensor({1}, {2}));
  });
}
