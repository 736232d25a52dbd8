// Activations and losses equal PyTorch's: values and gradients.

#include "comparison.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"

namespace minitape {
namespace {

// A few roundings, of the exponential and of the arithmetic around it.
const double kFewRoundings = by_precision(1e-6, 2e-15);

// The loss is log Σ + largest − label. Near 1000 the last digit of a double is 10⁻¹³, and the error
// stays when the two large numbers cancel. The float build sums the loss in double as well.
const double kLoss = by_precision(1e-6, 4e-13);

Activation::Kind kind_of(const std::string& name) {
  if (name == "relu") return Activation::relu;
  if (name == "leaky_relu") return Activation::leaky_relu;
  if (name == "sigmoid") return Activation::sigmoid;
  MINITAPE_CHECK(name == "tanh", "[golden] there is no activation ", name);
  return Activation::tanh;
}

}  // namespace

TEST_CASE("activations equal PyTorch, also at the corner of a relu") {
  for (const Record& c : Record::fixture("activation").records("cases", 4)) {
    Activation layer(kind_of(c.text("kind")), c.number("slope"));
    CAPTURE(c.text("kind"));
    // The first and the last x are 0 and −0: the gradient there is a convention.
    const Tensor x = c.tensor("x");
    CHECK(x[0] == 0);
    CHECK(x[x.size() - 1] == 0);
    CHECK(wrong_layer(layer, c, Mode::training, kFewRoundings) == "");
  }
}

TEST_CASE("softmax cross-entropy equals PyTorch, also for logits of ±1000") {
  for (const Record& c : Record::fixture("loss").records("cases", 3)) {
    const Tensor logits = c.tensor("logits");
    const std::vector<int> labels = c.labels("labels");
    Tape tape;
    const Var z = tape.variable(logits);
    const Var loss = softmax_cross_entropy(z, labels);
    CHECK(differs("loss", loss.value(), c, kLoss) == "");
    CHECK(differs("loss", softmax_cross_entropy(logits, labels), c, kLoss) == "");
    CHECK(differs("probabilities", softmax(logits), c, kFewRoundings) == "");
    tape.backward(loss);
    CHECK(differs("dlogits", z.gradient(), c, kFewRoundings) == "");
  }
}

TEST_CASE("mean squared error equals PyTorch") {
  const Record c = Record::fixture("loss").record("mean_squared_error");
  Tape tape;
  const Var y = tape.variable(c.tensor("y"));
  const Var loss = mean_squared_error(y, c.tensor("target"));
  CHECK(differs("loss", loss.value(), c, kFewRoundings) == "");
  tape.backward(loss);
  CHECK(differs("dy", y.gradient(), c, kFewRoundings) == "");
}

}  // namespace minitape
