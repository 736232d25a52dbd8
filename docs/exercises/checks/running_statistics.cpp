// Updates by hand, on a layer of one channel.
#include "check.hpp"
#include "minitape/nn/batch_norm.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

constexpr Index kRows = 5;  // the unbiased variance is 5/4 of the biased

// Mean, variance and count after updates with batches of these means, all of variance 4.
Tensor running_after(const std::vector<double>& means, BatchNormOptions options = {}) {
  BatchNorm layer(1, options);
  for (const double mean : means) {
    layer.update_running({Tensor({1}, {mean}), Tensor({1}, {4})}, kRows);
  }
  return Tensor({3}, {layer.running().mean[0], layer.running().variance[0],
                      static_cast<Real>(layer.state().counters[0]->value)});
}
Tensor mean_of(const Tensor& running) { return Tensor({1}, {running[0]}); }
Tensor variance_of(const Tensor& running) { return Tensor({1}, {running[1]}); }
Tensor one(double number) { return Tensor({1}, {number}); }

Check update(const std::string& title) {
  return Check(title).given("At first the running mean is 0 and the running variance 1.");
}

void check_ema() {
  update("ema: the mean after one update")
      .given("batch: mean 10, variance 4, 5 rows; ema_decay 0.9")
      .mistake("the decay the wrong way round",
               "that is 0.1·0 + 0.9·10. ema_decay is the weight of the OLD value.", one(9))
      .mistake("the batch replaces what was there", "that is the batch's own mean.", one(10))
      .mistake(
          "the mean is corrected too",
          "that is 0.1·10·5/4. m/(m − 1) makes the variance unbiased; the mean is so by itself.",
          one(1.25))
      .expect(
          "running mean = 0.9·0 + 0.1·10", [] { return mean_of(running_after({10})); }, one(1));
  update("ema: the variance after one update")
      .given("batch: mean 10, variance 4, 5 rows; ema_decay 0.9")
      .mistake("the biased variance in place of the unbiased",
               "that is 0.9·1 + 0.1·4. The batch's variance was divided by m = 5, the one that is "
               "kept by m − 1: times 5/4. (In integers 5/4 is 1.)",
               one(1.3))
      .mistake("the correction upside down",
               "that is 0.9·1 + 0.1·4·4/5. The unbiased variance is the larger one.", one(1.22))
      .mistake("the variance does not move", "that is the 1 it began with.", one(1))
      .expect(
          "running variance = 0.9·1 + 0.1·5", [] { return variance_of(running_after({10})); },
          one(1.4));
  update("ema with unbiased_running_variance = false: the variance after one update")
      .given("batch: mean 10, variance 4, 5 rows; ema_decay 0.9")
      .mistake("unbiased although the biased variance was asked for",
               "options_.unbiased_running_variance is false here.", one(1.4))
      .expect(
          "running variance = 0.9·1 + 0.1·4",
          [] { return variance_of(running_after({10}, {.unbiased_running_variance = false})); },
          one(1.3));
  update("ema: the mean after two updates")
      .given("batches: means 10 and 20; ema_decay 0.9")
      .expect(
          "running mean = 0.9·1 + 0.1·20",
          [] {
            return mean_of(running_after({10, 20}));
          },
          one(2.9));
  update("the number of updates")
      .mistake("updates are not counted", "updates_.value is t, which the checkpoint keeps.",
               one(0))
      .expect(
          "updates after two",
          [] {
            return one(running_after({10, 20})[2]);
          },
          one(2));
}

void check_others() {
  const BatchNormOptions cumulative{.running = RunningStatistics::cumulative};
  update("cumulative: the mean after three updates")
      .given("batches: means 10, 20 and 60")
      .mistake("an average that forgets",
               "that is the ema with a decay of 0.9. The weight of a new batch is 1/t.",
               one(0.9 * 2.9 + 0.1 * 60))
      .mistake("1/t in integers",
               "1/2 is 0 for integers, so only the first batch counts. t has to be a double.",
               one(10))
      .mistake("t begins at 0", "t counts this update too: 1/1 for the first, then 1/2, 1/3.",
               [](const Tensor& got) { return !std::isfinite(got[0]); })
      .mistake("the start counts as a batch", "that is a weight of 1/(t + 1): 90/4.", one(22.5))
      .expect(
          "running mean = (10 + 20 + 60)/3",
          [&] {
            return mean_of(running_after({10, 20, 60}, cumulative));
          },
          one(30));

  const BatchNormOptions debiased{.running = RunningStatistics::debiased_ema};
  update("debiased ema: the mean after one update")
      .given("batch: mean 10; ema_decay 0.9")
      .mistake("the start is not taken out",
               "that is 0.9·0 + 0.1·10: the weight was not divided by 1 − ema_decayᵗ.", one(1))
      .expect(
          "running mean = 10, for the start has no part in it",
          [&] { return mean_of(running_after({10}, debiased)); }, one(10));
  update("debiased ema: the mean after two updates")
      .given("batches: means 10 and 20; ema_decay 0.9")
      .mistake("the decay is not raised to t",
               "the weight of the second is 0.1/(1 − 0.9²): divided by 1 − ema_decay it is 1.",
               one(20))
      .expect(
          "running mean = (0.9·10 + 20)/1.9",
          [&] {
            return mean_of(running_after({10, 20}, debiased));
          },
          one(29 / 1.9));
  update("debiased ema with a decay of 1, which never leaves the start")
      .given("batch: mean 10; ema_decay 1")
      .mistake("0/0", "1 − ema_decay and 1 − ema_decayᵗ are both 0: the weight must be 0 then.",
               [](const Tensor& got) { return std::isnan(got[0]); })
      .expect(
          "running mean",
          [] {
            return mean_of(
                running_after({10}, {.ema_decay = 1, .running = RunningStatistics::debiased_ema}));
          },
          one(0));
}

}  // namespace

int main() {
  return run([] {
    check_ema();
    check_others();
  });
}
