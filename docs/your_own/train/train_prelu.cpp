// The same small network with relu and with the reader's own layer, on drawn digits.
//
// Prints the test accuracy of both after each of three epochs, and the slopes that were learnt.
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

int main() {
  constexpr std::uint64_t kSeed = 1;
  const Dataset train = make_digits(kSeed, "train", 4'000);
  const Dataset test = make_digits(kSeed, "test", 1'000);
  const Standardization standardization = Standardization::of(train);

  for (const bool own : {false, true}) {
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
    model.initialize(kSeed);

    Batches batches(train, standardization, {.batch_size = 100, .seed = kSeed});
    Sgd sgd(model.state().parameters, {.momentum = 0.9});
    Tape tape;
    std::cout << (own ? "prelu:" : "relu: ");
    for (Index epoch = 0; epoch < 3; ++epoch) {
      batches.start_epoch(epoch);
      while (auto batch = batches.next()) {
        tape.clear();
        const Var logits = model.forward(tape.constant(std::move(batch->images)), Mode::training);
        tape.backward(softmax_cross_entropy(logits, batch->labels));
        sgd.step(0.05);
      }
      Batch all = make_batch(test, standardization, 0, test.size());
      std::cout << "  " << count_correct(model.predict(std::move(all.images)), all.labels);
    }
    std::cout << " of " << test.size() << " test images correct\n";
    for (const Parameter* parameter : model.state().parameters) {
      if (!parameter->name.ends_with(".slope")) continue;
      const auto [least, most] = std::ranges::minmax(parameter->value.values());
      std::cout << parameter->name << ": from " << least << " to " << most << "\n";
    }
  }
}
