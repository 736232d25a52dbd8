// Text 3, Lei Mao: what looked like overfitting, one image at a time, and the value of the
// momentum, on small trained networks (3.1, 3.4, 3.11 … 3.14).
//
// Three numbers tell a fault of the statistics from overfitting: accuracy on the training set with
// batch statistics, on the training set with running statistics, on the test set with running
// statistics. A bad middle number is a fault of the statistics.

#include "ledger/ledger.hpp"
#include "ledger/training.hpp"

namespace minitape {
namespace {

struct ThreeNumbers {
  double training_mode, training_set, test_set;
};
ThreeNumbers diagnose(Sequential& model, const Examples& training, const Examples& test) {
  return {accuracy_in_training_mode(model, training, 20), accuracy(model, training),
          accuracy(model, test)};
}

// Kernels from a narrow normal distribution: pre-activations start far from variance 1.
Mlp narrow_start(double ema_decay) {
  return {.hidden = {32, 32, 32},
          .options = {.ema_decay = ema_decay},
          .init = {Init::Kind::normal, 0.01}};
}

// `copies` of one example, [copies, …].
Tensor repeated(const Tensor& example, Index copies) {
  Tensor x = Tensor::uninitialized(example.shape().without_batch().with_batch(copies));
  for (Index i = 0; i < copies; ++i) {
    std::copy_n(example.data(), example.size(), x.data() + i * example.size());
  }
  return x;
}

}  // namespace

TEST_SUITE_BEGIN("ledger");

TEST_CASE("3.1, 3.11: statistics stuck at 0 and 1 look like overfitting; the middle number tells") {
  // Decay 1, 3000 images. Measured with seeds 1 to 5: training mode 0.82 to 0.86, training set 0.10
  // to 0.19, test set 0.10 to 0.18. (From a He start, whose pre-activations happen to have the
  // right size, 0.83 to 0.85, 0.46 to 0.71 and 0.41 to 0.59: easier to miss.)
  const Examples training = digits(1, "train", 3000), test = digits(1, "test", 1000);
  Sequential stuck = build(narrow_start(1), 1);
  const double loss = train(stuck, training, {.epochs = 4});
  const ThreeNumbers numbers = diagnose(stuck, training, test);
  CHECK(loss < 0.6);
  CHECK(numbers.training_mode > 0.8);
  CHECK(numbers.training_set < 0.25);
  CHECK(numbers.test_set < 0.25);
}

TEST_CASE("3.1: true overfitting leaves the middle number good") {
  // Decay 0.9, 60 images. Measured with seeds 1 to 5: 1.00, 1.00 and 0.22 to 0.32.
  const Examples training = digits(1, "train", 60), test = digits(1, "test", 1000);
  Sequential model = build({.hidden = {32, 32}}, 1);
  train(model, training, {.batch_size = 20, .epochs = 60});
  const ThreeNumbers numbers = diagnose(model, training, test);
  CHECK(numbers.training_mode > 0.95);
  CHECK(numbers.training_set > 0.95);
  CHECK(numbers.test_set < 0.5);
}

TEST_CASE("3.4, 3.14: one image at a time in training mode, all images get the same answer") {
  // Each image in four copies, which have the statistics of the image alone. Test accuracy with the
  // running statistics, seeds 1 to 5: 0.69 to 0.71 (of 1000).
  const Examples training = digits(1, "train", 3000), test = digits(1, "test", 100);
  Sequential model = build({.hidden = {32, 32}}, 1);
  train(model, training, {.epochs = 4});
  CHECK(accuracy(model, test) > 0.5);
  Tensor first;
  double correct = 0;
  for (Index i = 0; i < test.size(); ++i) {
    Tape tape;
    const Tensor copies = repeated(rows_of(test.x, i, 1), 4);
    const Tensor logits =
        rows_of(model.forward(tape.constant(copies), Mode::training).value(), 0, 1);
    if (first.empty()) first = logits;
    CHECK(different_bits(logits, first) == "");
    correct += accuracy_of(logits, pick(test, std::vector<Index>{i}));
  }
  CHECK(correct == 10);  // of 100: the images of one class
  const auto [low, high] = std::minmax_element(first.values().begin(), first.values().end());
  CHECK(*high - *low > 0.1);  // the answer of the betas, not zero
}

TEST_CASE("3.12: accuracy falls with too little memory of past batches and with too much") {
  // 2000 images, batches of 10, 4 epochs. Measured with seeds 1 to 10, nine of which have this
  // order: decay 0: 0.50 to 0.68; 0.9: 0.68 to 0.75; 0.999: 0.52 to 0.67; 1: 0.43 to 0.63.
  std::vector<double> means;
  for (const double ema_decay : {0.0, 0.9, 0.999, 1.0}) {
    double sum = 0;
    for (const std::uint64_t seed : {1, 2, 3, 4}) {
      Sequential model =
          build({.options = {.ema_decay = ema_decay}, .init = {Init::Kind::normal, 0.02}}, seed);
      train(model, digits(seed, "train", 2000),
            {.batch_size = 10, .rate = 0.2, .epochs = 4, .seed = seed});
      sum += accuracy(model, digits(seed, "test", 1000));
    }
    means.push_back(sum / 4);
  }
  CHECK(means[1] > means[0] + 0.02);
  CHECK(means[1] > means[2] + 0.03);
  CHECK(means[2] > means[3] + 0.02);
}

TEST_CASE("3.13: the update is a part of forward; to skip it is to train with decay 1") {
  // 2000 images. Measured with seeds 1 to 5 and two compilations each, whose rounding alone makes
  // another run of such a narrow start: 0.55 to 0.70 updated, 0.10 to 0.15 skipped.
  const Examples training = digits(1, "train", 2000), test = digits(1, "test", 1000);
  Sequential updated = build(narrow_start(0.9), 1), skipped = build(narrow_start(1), 1);
  for (Sequential* model : {&updated, &skipped}) train(*model, training, {.epochs = 4});
  CHECK(updated.state().counters[0]->value == 4 * 40);
  CHECK(accuracy(updated, test) > accuracy(skipped, test) + 0.2);
  // Training itself does not look at the running statistics: the weights are the same to the bit.
  const LayerState a = updated.state(), b = skipped.state();
  for (std::size_t i = 0; i < a.parameters.size(); ++i) {
    CHECK(different_bits(a.parameters[i]->value, b.parameters[i]->value) == "");
  }
  for (Buffer* buffer : a.buffers) {
    buffer->value.fill(buffer->name.find("variance") == std::string::npos ? 0 : 1);
  }
  CHECK(different_bits(updated.predict(test.x), skipped.predict(test.x)) == "");
}

TEST_SUITE_END();

}  // namespace minitape
