// A classifier of handwritten digits without any config: data, model and training loop in code.
//
// Prints the test accuracy after each of three epochs. The digits are drawn by the program, so no
// files are needed.
#include <iostream>

#include "minitape/data/batches.hpp"
#include "minitape/data/load.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/optim/sgd.hpp"

using namespace minitape;

// Convolution, batch norm, relu, pooling: halves the image. The convolution needs no bias, because
// batch norm would subtract it again.
void add_block(Sequential& model, Index channels, Index filters) {
  model.add<Conv2D>(channels, filters, 3, Conv2DOptions{.padding = Padding::same()},
                    KernelOptions{.bias = false});
  model.add<BatchNorm>(filters);
  model.add<Activation>(Activation::relu);
  model.add<Pool>(Pool::max, PoolOptions{.size = 2});
}

int main() {
  constexpr std::uint64_t kSeed = 1;
  constexpr double kLearningRate = 0.05;
  const Dataset train = make_digits(kSeed, "train", 12'000);
  const Dataset test = make_digits(kSeed, "test", 2'000);

  Sequential model;
  add_block(model, 1, 16);   // (28, 28, 1) -> (14, 14, 16)
  add_block(model, 16, 32);  // -> (7, 7, 32)
  model.add<Flatten>();
  model.add<Dense>(7 * 7 * 32, 10);
  model.initialize(kSeed);

  const Standardization standardization = Standardization::of(train);
  Batches batches(train, standardization, {.batch_size = 100, .seed = kSeed});
  Sgd sgd(model.state().parameters, {.momentum = 0.9});
  Tape tape;

  for (Index epoch = 0; epoch < 3; ++epoch) {
    batches.start_epoch(epoch);
    while (auto batch = batches.next()) {
      tape.clear();  // the step before, with all its handles
      const Var images = tape.constant(std::move(batch->images));
      const Var logits = model.forward(images, Mode::training);
      tape.backward(softmax_cross_entropy(logits, batch->labels));
      sgd.step(kLearningRate);
    }
    // Prediction normalizes with the running statistics that training has collected.
    Batch all = make_batch(test, standardization, 0, test.size());
    const Index correct = count_correct(model.predict(std::move(all.images)), all.labels);
    std::cout << "epoch " << epoch + 1 << ": " << correct << " of " << test.size()
              << " test images correct\n";
  }
}
