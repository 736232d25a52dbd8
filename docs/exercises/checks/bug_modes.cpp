#include "check.hpp"
#include "minitape/nn/batch_norm.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

// y = (x − 3)/2 + 1, for ε is almost nothing.
BatchNorm trained_layer() {
  BatchNorm layer(1, {.epsilon = 1e-12});
  const LayerState state = layer.state();
  state.parameters[1]->value[0] = 1;
  state.buffers[0]->value[0] = 3;
  state.buffers[1]->value[0] = 4;
  return layer;
}

Tensor forward(BatchNorm layer, const Tensor& x, Mode mode) {
  Tape tape;
  return layer.forward(tape.constant(x), mode).value();
}

Tensor running_mean_after(BatchNorm layer, const Tensor& x, Mode mode) {
  Tape tape;
  layer.forward(tape.constant(x), mode);
  return layer.running().mean;
}

Check inference(const std::string& title, const Tensor& x) {
  return Check(title).given("x", x).given(
      "running mean 3, running variance 4, gamma = 1, beta = 1: y = (x − 3)/2 + 1");
}

}  // namespace

int main() {
  return run([] {
    const BatchNorm layer = trained_layer();
    const Tensor pair({2, 1}, {7, 5}), image({1, 2, 1, 1}, {7, 5});
    Check("training: the batch's own statistics")
        .given("x", pair)
        .given("gamma = 1, beta = 1")
        .expect(
            "y", [&] { return forward(layer, pair, Mode::training); }, Tensor({2, 1}, {2, 0}));
    Check("training: the running mean moves")
        .given("x", pair)
        .given("running mean 3, ema_decay 0.9")
        .expect(
            "running mean = 0.9·3 + 0.1·6",
            [&] { return running_mean_after(layer, pair, Mode::training); }, Tensor({1}, {3.3}));
    const Tensor one({1, 1}, {7});
    inference("inference: one example", one)
        .expect(
            "y", [&] { return forward(layer, one, Mode::inference); }, Tensor({1, 1}, {3}));
    inference("inference: the same example beside another one", pair)
        .expect(
            "y", [&] { return forward(layer, pair, Mode::inference); }, Tensor({2, 1}, {3, 2}));
    inference("inference: one image of 2×1 pixels", image)
        .expect(
            "y", [&] { return forward(layer, image, Mode::inference); },
            Tensor({1, 2, 1, 1}, {3, 2}));
    Check("inference: nothing moves")
        .given("running mean 3")
        .expect(
            "running mean", [&] { return running_mean_after(layer, pair, Mode::inference); },
            Tensor({1}, {3}));
  });
}
