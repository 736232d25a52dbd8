// The same small network with relu and with the reader's own layer, on drawn digits, three seeds.
//
// Prints for each how many of 1,000 test images are right after three epochs, and which slopes were
// learnt.
#include <algorithm>
#include <iostream>

#include "../prelu.hpp"
#include "minitape/data/batches.hpp"
#include "minitape/data/load.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/optim/sgd.hpp"

using namespace minitape;

Sequential make_model(bool own, std::uint64_t seed) {
  Sequential model;
  model.add<Flatten>();
  model.add<Dense>(28 * 28, 64, KernelOptions{.bias = false});
  model.add<BatchNorm>(64);
  if (own) {
    model.add<PRelu>(64);
  } else {
    model.add<Activation>(Activation::relu);
  }
  model.add<Dense>(64, 10);
  model.initialize(seed);
  return model;
}

void train_epochs(Sequential& model, Batches& batches, Index epochs) {
  Sgd sgd(model.state().parameters, {.momentum = 0.9});
  Tape tape;
  for (Index epoch = 0; epoch < epochs; ++epoch) {
    batches.start_epoch(epoch);
    while (auto batch = batches.next()) {
      tape.clear();
      const Var logits = model.forward(tape.constant(std::move(batch->images)), Mode::training);
      tape.backward(softmax_cross_entropy(logits, batch->labels));
      sgd.step(0.05);
    }
  }
}

int main() {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Dataset train = make_digits(seed, "train", 6'000),
                  test = make_digits(seed, "test", 1'000);
    const Standardization standardization = Standardization::of(train);
    const Batch all = make_batch(test, standardization, 0, test.size());
    std::cout << "seed " << seed;
    for (const bool own : {false, true}) {
      Sequential model = make_model(own, seed);
      Batches batches(train, standardization, {.batch_size = 100, .seed = seed});
      train_epochs(model, batches, 3);
      std::cout << (own ? "  prelu " : "  relu ")
                << count_correct(model.predict(all.images), all.labels);
      if (!own) continue;
      const Tensor& slopes = model.layer(3).state().parameters[0]->value;
      const auto [least, most] = std::ranges::minmax(slopes.values());
      std::cout << "  slopes from " << least << " to " << most;
    }
    std::cout << "\n";
  }
}
